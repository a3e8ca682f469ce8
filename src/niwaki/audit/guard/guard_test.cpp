#include "niwaki/audit/guard/guard.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/audit/class_labels.hpp"
#include "niwaki/audit/grid_for_tests.hpp"
#include "niwaki/audit/guard/guarded_classes.hpp"
#include "niwaki/audit/guard/guarded_tables.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/metrics/correlation.hpp"

namespace niwaki {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// Scores of a dense network and of pruned ones that follow it less and less.
GuardTables tables_for(std::size_t images, std::size_t classes, RandomStream& random) {
  GuardTables tables{.images = images, .classes = classes};
  for (std::size_t i = 0; i < images * classes; ++i) {
    const double logit = random.normal() - 1.0;
    tables.dense.push_back(probability(static_cast<float>(logit)));
    tables.second.push_back(probability(static_cast<float>(0.8 * logit + 0.5 * random.normal())));
    tables.pruned.push_back(probability(static_cast<float>(0.5 * logit + random.normal() - 0.3)));
  }
  tables.feature_count = 3;
  for (std::size_t i = 0; i < images * 3; ++i) {
    tables.features.push_back(static_cast<float>(random.normal()));
  }
  return tables;
}

Cohort cohort_of(const std::string& prefix, std::size_t images, RandomStream& random) {
  Cohort cohort;
  cohort.classes = {"A", "B", "C", "D"};
  for (std::size_t row = 0; row < images; ++row) {
    cohort.records.push_back({fmt::format("{}-{}", prefix, row), fmt::format("{}-p{}", prefix, row / 2), "", ""});
    for (std::size_t column = 0; column < 4; ++column) {
      cohort.labels.push_back(random.chance(0.3) ? Label::kPositive : Label::kNegative);
    }
  }
  return cohort;
}

GuardData data_for_tests(std::size_t images = 120, std::size_t seeds = 2) {
  RandomStream random(5, "guard_test");
  GuardData data{.method = "l1", .sparsity = 0.9, .second_sparsity = 0.8};
  data.calibration.cohort = cohort_of("c", images, random);
  data.test.cohort = cohort_of("t", images + 20, random);
  for (std::size_t seed = 0; seed < seeds; ++seed) {
    data.seeds.push_back(seed);
    data.calibration.seeds.push_back(tables_for(images, 4, random));
    data.test.seeds.push_back(tables_for(images + 20, 4, random));
  }
  return data;
}

GuardOptions options_for_tests() {
  GuardOptions options;
  options.exemplar_fraction = 0.1;
  options.resamples = 200;
  options.minimum_patients = 5;
  options.times = GuardTimes{10.0, 2.0, 3.0};
  return options;
}

std::size_t column_of(const GuardResult& result, const std::string& name) {
  const auto found = std::ranges::find(result.signals, name, &SignalResult::name);
  EXPECT_NE(found, result.signals.end()) << name;
  return static_cast<std::size_t>(found - result.signals.begin());
}

std::vector<double> signal(const GuardResult& result, const std::string& name) {
  return result.test.signals[0].view().column(column_of(result, name));
}

double slow_spearman_distance(std::span<const float> a, std::span<const float> b) {
  const std::vector<double> x(a.begin(), a.end());
  const std::vector<double> y(b.begin(), b.end());
  return 1.0 - spearman(x, y).value();
}

TEST(Guard, signals_are_their_formulas) {
  const GuardData data = data_for_tests();
  const GuardResult result = guard(data, options_for_tests());
  const GuardTables& tables = data.test.seeds[0];
  const std::vector<double>& points = result.guards[0].operating_points;
  std::vector<double> deviations;
  for (std::size_t column = 0; column < 4; ++column) {
    std::vector<double> logits;
    for (std::size_t row = 0; row < 120; ++row) {
      logits.push_back(bounded_logit(data.calibration.seeds[0].pruned[row * 4 + column]));
    }
    double mean = 0.0;
    for (const double logit : logits) {
      mean += logit / 120.0;
    }
    double squares = 0.0;
    for (const double logit : logits) {
      squares += (logit - mean) * (logit - mean) / 120.0;
    }
    deviations.push_back(std::sqrt(squares));
  }
  for (std::size_t row = 0; row < tables.images; ++row) {
    double margin = 1e300;
    double entropy = 0.0;
    double changed = 0.0;
    double calls = 0.0;
    std::size_t argument = 0;
    double tail = -1e300;
    for (std::size_t column = 0; column < 4; ++column) {
      const double p = tables.pruned[row * 4 + column];
      const double logit = std::log(p / (1.0 - p));
      const double q = points[column];
      const double beyond = (logit - std::log(q / (1.0 - q))) / deviations[column];
      margin = std::min(margin, std::abs(beyond));
      entropy -= p * std::log(p) + (1.0 - p) * std::log(1.0 - p);
      const double other = tables.second[row * 4 + column];
      changed = std::max(changed, std::abs(logit - std::log(other / (1.0 - other))));
      calls += (p >= q) != (other >= q) ? 1.0 : 0.0;
      const bool rare = std::ranges::find(result.rarest, result.classes[column]) != result.rarest.end();
      tail = rare ? std::max(tail, beyond) : tail;
      ++argument;
    }
    ASSERT_EQ(argument, 4U);
    EXPECT_NEAR(signal(result, "margin")[row], -margin, 1e-5);
    EXPECT_NEAR(signal(result, "entropy")[row], entropy, 1e-6);
    EXPECT_NEAR(signal(result, "tail")[row], tail, 1e-5);
    EXPECT_NEAR(signal(result, "second-logit")[row], changed, 1e-5);
    EXPECT_EQ(signal(result, "second-calls")[row], calls);
    const std::span<const float> pruned = tables.view(tables.pruned).row(row);
    EXPECT_NEAR(signal(result, "second-order")[row],
                slow_spearman_distance(pruned, tables.view(tables.second).row(row)), 1e-12);
    EXPECT_NEAR(signal(result, "faultless")[row], slow_spearman_distance(pruned, tables.view(tables.dense).row(row)),
                1e-12);
  }
}

TEST(Guard, thresholds_never_defer_more_than_asked_and_do_not_part_ties) {
  const std::vector<double> values = {5, 4, 4, 4, 3, 2, 1, 1, 1, 1};
  EXPECT_EQ(deferral_threshold(values, 0.1), 5.0);
  EXPECT_EQ(deferral_threshold(values, 0.2), 5.0);
  EXPECT_EQ(deferral_threshold(values, 0.3), 5.0);
  EXPECT_EQ(deferral_threshold(values, 0.4), 4.0);
  EXPECT_EQ(deferral_threshold(values, 0.6), 2.0);
  EXPECT_EQ(deferral_threshold(values, 0.9), 2.0);
  EXPECT_EQ(deferral_threshold(values, 1.0), 1.0);
  EXPECT_TRUE(std::isinf(deferral_threshold(values, 0.05)));
  EXPECT_TRUE(std::isinf(deferral_threshold(std::vector<double>(7, 0.0), 0.5)));
}

TEST(Guard, calibration_deferral_is_exact_and_shares_and_times_follow_from_images) {
  const GuardData data = data_for_tests();
  const GuardResult result = guard(data, options_for_tests());
  for (std::size_t column = 0; column < result.signals.size(); ++column) {
    const SignalResult& of = result.signals[column];
    for (const DeferralPoint& point : of.points) {
      double deferred_mean = 0.0;
      double caught_mean = 0.0;
      for (std::size_t seed = 0; seed < 2; ++seed) {
        EXPECT_LE(point.calibration[seed], point.rate + 1e-9);
        // The next lower value would defer too many.
        double next = -std::numeric_limits<double>::infinity();
        const std::vector<double> values = result.calibration.signals[seed].view().column(column);
        for (const double value : values) {
          next = value < point.thresholds[seed] ? std::max(next, value) : next;
        }
        EXPECT_GT(std::ranges::count_if(values, [&](double value) { return value >= next; }), 120 * point.rate);
        double deferred = 0.0;
        double caught = 0.0;
        double exemplars = 0.0;
        for (std::size_t row = 0; row < result.test_images; ++row) {
          const bool goes = result.test.signals[seed].view()(row, column) >= point.thresholds[seed];
          deferred += goes ? 1.0 : 0.0;
          exemplars += result.test.exemplar_of_seed[seed][row];
          caught += goes && result.test.exemplar_of_seed[seed][row] != 0 ? 1.0 : 0.0;
        }
        deferred_mean += deferred / static_cast<double>(result.test_images) / 2.0;
        caught_mean += caught / exemplars / 2.0;
      }
      EXPECT_NEAR(point.deferred.mean.value(), deferred_mean, 1e-12);
      EXPECT_NEAR(point.exemplars_of_seed.mean.value(), caught_mean, 1e-12);
      if (of.needs != SignalNeeds::kDenseNetwork) {
        const double before = of.needs == SignalNeeds::kSecondNetwork ? 5.0 : 2.0;
        EXPECT_NEAR(point.milliseconds.mean.value(), before + 10.0 * deferred_mean, 1e-12);
        EXPECT_NEAR(point.speed.mean.value(), 10.0 / (before + 10.0 * deferred_mean), 1e-12);
      }
      if (point.deferred.interval) {
        EXPECT_LE(point.deferred.interval->low, deferred_mean);
        EXPECT_GE(point.deferred.interval->high, deferred_mean);
      }
    }
  }
  // Exemplars are the rows of the lowest correlation, so a faultless guard catches them first.
  EXPECT_EQ(std::ranges::count(result.test.exemplar_of_seed[0], 1), 14);
  EXPECT_GT(result.signals.back().points.back().exemplars_of_seed.mean.value(), 0.9);
}

TEST(Guard, guarded_scores_are_the_dense_ones_where_deferred) {
  const GuardData data = data_for_tests();
  GuardOptions options = options_for_tests();
  options.foretold_scores = false;
  const GuardResult result = guard(data, options);
  EXPECT_EQ(result.test.kept[1], data.test.seeds[1].pruned);
  std::vector<char> deferred(data.test.cohort.size(), 0);
  deferred[3] = 1;
  const std::vector<float> scores = guarded_scores(data.test.seeds[1], result.test.kept[1], deferred);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    EXPECT_EQ(scores[i], i / 4 == 3 ? data.test.seeds[1].dense[i] : data.test.seeds[1].pruned[i]);
  }
}

TEST(Guard, class_figures_of_the_ends_are_those_of_the_networks) {
  const GuardData data = data_for_tests();
  const GuardResult result = guard(data, options_for_tests());
  const std::vector<ClassLabels> labels = labels_by_class(data.test.cohort);
  for (std::size_t column = 0; column < 4; ++column) {
    double ap = 0.0;
    for (const GuardTables& tables : data.test.seeds) {
      ap += average_precision({tables.view(tables.dense).column(column), labels[column].values}).value() / 2.0;
    }
    EXPECT_NEAR(result.guarded[column].dense[0].value(), ap, 1e-12);
    EXPECT_TRUE(result.guarded[column].enough_patients);
    const RestoredFigure& none = result.guarded[column].guarded[0][0];
    EXPECT_NEAR(none.gain.value(), none.value.value() - result.guarded[column].pruned[0].value(), 1e-12);
  }
  GuardOptions strict = options_for_tests();
  strict.minimum_patients = 1000;
  const GuardResult few = guard(data, strict);
  EXPECT_EQ(few.guarded[0].guarded[1][0].verdict, RestoredVerdict::kInsufficientEvidence);
  EXPECT_FALSE(few.guarded[0].guarded[1][0].interval);
}

TEST(Guard, is_the_same_with_any_number_of_threads) {
  const GuardData data = data_for_tests();
  const int before = thread_count();
  std::vector<GuardResult> results;
  for (const int threads : {1, 3}) {
    set_thread_count(threads);
    results.push_back(guard(data, options_for_tests()));
  }
  set_thread_count(before);
  for (std::size_t seed = 0; seed < 2; ++seed) {
    EXPECT_EQ(results[0].test.signals[seed].values, results[1].test.signals[seed].values);
    EXPECT_EQ(results[0].test.kept[seed], results[1].test.kept[seed]);
  }
  EXPECT_EQ(results[0].guarded.back().guarded[2][0].interval->low,
            results[1].guarded.back().guarded[2][0].interval->low);
}

TEST(Guard, too_little_to_learn_from_is_refused) {
  const auto with = [](std::size_t images, double fraction) {
    GuardOptions options = options_for_tests();
    options.exemplar_fraction = fraction;
    return [images, options] { guard(data_for_tests(images), options); };
  };
  EXPECT_THAT(with(1, 0.1), ThrowsMessage<InputError>(HasSubstr("are of one patient")));
  EXPECT_THAT(with(2, 0.1), ThrowsMessage<InputError>(HasSubstr("are of one patient")));
  EXPECT_THAT(with(8, 0.1), ThrowsMessage<InputError>(HasSubstr("none of the 8 calibration images are exemplars")));
  GuardData all = data_for_tests(20);
  for (GuardTables& tables : all.calibration.seeds) {
    for (std::size_t i = 0; i < tables.pruned.size(); ++i) {
      tables.pruned[i] = tables.dense[i] > 0.3F ? 0.01F : 0.99F;
    }
  }
  GuardOptions changed = options_for_tests();
  changed.target = GuardTarget::kChangedCalls;
  EXPECT_THAT([&] { guard(all, changed); }, ThrowsMessage<InputError>(HasSubstr("all of the 20 calibration images")));
  GuardOptions unknown = options_for_tests();
  unknown.signal = "entropie";
  EXPECT_THAT([&] { guard(data_for_tests(), unknown); },
              ThrowsMessage<InputError>(HasSubstr("did you mean 'entropy'?")));
  unknown.signal = "faultless";
  EXPECT_THAT([&] { guard(data_for_tests(), unknown); }, ThrowsMessage<InputError>(HasSubstr("no signal 'faultless'")));
}

TEST(Guard, constant_scores_give_figures_and_no_nan) {
  GuardData data = data_for_tests();
  for (GuardPart* part : {&data.calibration, &data.test}) {
    for (GuardTables& tables : part->seeds) {
      for (std::size_t i = 0; i < tables.pruned.size(); ++i) {
        tables.pruned[i] = i % 8 < 4 ? 0.25F : tables.pruned[i];  // every other image alike in all classes
        tables.second[i] = 0.0F;
      }
    }
  }
  const GuardResult result = guard(data, options_for_tests());
  for (const double value : result.test.signals[0].values) {
    EXPECT_TRUE(std::isfinite(value));
  }
}

TEST(Guard, options_out_of_range_are_named) {
  const auto check = [](auto change) {
    GuardOptions options = options_for_tests();
    change(options);
    return [options] { options.check(); };
  };
  EXPECT_THAT(check([](GuardOptions& o) { o.rates = {0.2, 0.1}; }), ThrowsMessage<InputError>(HasSubstr("--rates")));
  EXPECT_THAT(check([](GuardOptions& o) { o.rates = {0.0}; }), ThrowsMessage<InputError>(HasSubstr("--rates")));
  EXPECT_THAT(check([](GuardOptions& o) { o.ridge = 0.0; }), ThrowsMessage<InputError>(HasSubstr("--ridge")));
  EXPECT_THAT(check([](GuardOptions& o) { o.resamples = 5; }), ThrowsMessage<InputError>(HasSubstr("--bootstrap")));
  EXPECT_THAT(check([](GuardOptions& o) { o.times->dense = 0.0; }), ThrowsMessage<InputError>(HasSubstr("--times")));
}

TEST(Guard, a_grid_is_divided_by_patient_and_its_gaps_are_named) {
  const Cohort cohort = random_cohort({.images = 200, .patients = 60});
  GridForTests grid(std::filesystem::temp_directory_path() / "niwaki-guard-test");
  grid.add_random(cohort, "l1", 2, {0.0, 0.8, 0.9});
  GuardSource source{.cohort = cohort, .grid = grid.grid()};
  const GuardData data = read_guard_data(source);
  EXPECT_EQ(data.calibration.cohort.size() + data.test.cohort.size(), 200U);
  std::set<std::string> patients;
  for (const Record& record : data.calibration.cohort.records) {
    patients.insert(record.patient);
  }
  for (const Record& record : data.test.cohort.records) {
    EXPECT_FALSE(patients.contains(record.patient));
  }
  const auto with = [&](auto change) {
    GuardSource changed = source;
    change(changed);
    return [changed] { read_guard_data(changed); };
  };
  EXPECT_THAT(with([](GuardSource& s) { s.sparsity = 0.7; }), ThrowsMessage<InputError>(HasSubstr("0.8, 0.9")));
  EXPECT_THAT(with([](GuardSource& s) { s.method = "l2"; }), ThrowsMessage<InputError>(HasSubstr("choose one: l1")));
  EXPECT_THAT(with([](GuardSource& s) { s.second_sparsity = 0.9; }), ThrowsMessage<InputError>(HasSubstr("the same")));
  EXPECT_THAT(with([](GuardSource& s) { s.calibration_share = 1.0; }),
              ThrowsMessage<InputError>(HasSubstr("--calibration-share")));
  EXPECT_THAT(with([&](GuardSource& s) {
                s.calibration.emplace(ValidationScores{cohort, s.grid});
              }),
              ThrowsMessage<InputError>(HasSubstr("among both")));
  EXPECT_THAT(with([&](GuardSource& s) {
                Cohort other = cohort;
                for (Record& record : other.records) {
                  record.patient = "other-" + record.patient;
                }
                s.calibration.emplace(ValidationScores{
                    other, make_grid(s.grid.folder, {s.grid.entry("l1", 3, 0.0), s.grid.entry("l1", 7, 0.0)}, "v")});
              }),
              ThrowsMessage<InputError>(HasSubstr("guard.calibrate")));
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "niwaki-guard-features-test";
  make_folder(folder);
  write_npy(folder / "f.npy", {199, 2}, std::vector<float>(398, 1.0F));
  EXPECT_THAT(with([&](GuardSource& s) {
                s.features = {(folder / "f.npy").string(), (folder / "f.npy").string()};
              }),
              ThrowsMessage<InputError>(HasSubstr("features of shape [199, 2] for 200 images")));
  EXPECT_THAT(with([&](GuardSource& s) { s.features = {(folder / "f.npy").string()}; }),
              ThrowsMessage<InputError>(HasSubstr("1 tables of features for 2 seeds")));
  std::filesystem::remove_all(folder);
}

TEST(Guard, guarded_tables_make_a_grid_whatever_the_method_is_called) {
  GuardData data = data_for_tests();
  data.method = "../..\\evil,\"name\"\n";
  const GuardResult result = guard(data, options_for_tests());
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "niwaki-guarded-tables-test";
  std::filesystem::remove_all(folder);
  write_guarded_tables(data, result, folder);
  const ScoreGrid grid = read_grid(folder / "scores/scores.csv");
  EXPECT_EQ(grid.methods.size(), 1 + result.options.rates.size());
  EXPECT_EQ(grid.methods[1], data.method + "@guard-0.01");
  const FloatArray table = read_npy(grid.table_path(grid.entry(data.method + "@guard-0.30", 1, 0.9)));
  EXPECT_EQ(table.shape, (std::vector<std::size_t>{140, 4}));
  std::filesystem::remove_all(folder);
  EXPECT_EQ(guard_rate_name(0.1), "guard-0.10");
  EXPECT_EQ(guard_rate_name(0.005), "guard-0.005");
}

}  // namespace
}  // namespace niwaki
