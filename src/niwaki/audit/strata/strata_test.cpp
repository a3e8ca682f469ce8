#include "niwaki/audit/strata/strata.hpp"

#include <limits>
#include <optional>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/audit/grid_for_tests.hpp"
#include "niwaki/audit/strata/stratum_thresholds.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/metrics/multiple_testing.hpp"

namespace niwaki {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kResamples = 100;
constexpr std::size_t kSeeds = 2;

// A cohort at three sites (and some images of none), tables of two seeds, and every figure by plain loops over the rows
// of each copied-out cohort.
struct Strata : testing::Test {
  Strata()
      : cohort(random_cohort({.images = 420, .prevalences = {0.5, 0.4, 0.1}, .patients = 260, .seed = 3})),
        labels(labels_by_class(cohort)),
        patients(number_patients(cohort)),
        resamples(cohort.patients(), kResamples, 5) {
    RandomStream site(9, "strata_test/site");
    for (std::size_t row = 0; row < cohort.size(); ++row) {
      const std::uint64_t drawn = site.below(20);
      sites.values.emplace_back(drawn == 0 ? "" : drawn < 8 ? "east" : drawn < 19 ? "north" : "west");
    }
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      RandomStream random(seed, "strata_test");
      dense.push_back(random_scores(cohort, 0.5, random));
      pruned.push_back(random_scores(cohort, 0.3, random));
      thresholds.push_back({0.4, 0.35, 0.3});
    }
    options.minimum_patients = 15;
    options.resamples = kResamples;
  }

  [[nodiscard]] StrataColumn measure() const {
    PrunedPair pair{.sparsity = 0.9, .dense = {}, .pruned = {}, .operating_points = {}};
    for (std::size_t seed = 0; seed < kSeeds; ++seed) {
      pair.dense.emplace_back(dense[seed].data(), cohort.size(), labels.size());
      pair.pruned.emplace_back(pruned[seed].data(), cohort.size(), labels.size());
      pair.operating_points.push_back(&thresholds[seed]);
    }
    return compare_strata({sites}, labels, pair, {patients, resamples}, options).columns.front();
  }

  // Rows (perhaps repeated) of the group, or of all other groups.
  [[nodiscard]] std::vector<std::size_t> side(const std::vector<std::size_t>& rows, const std::string& name,
                                              bool own) const {
    std::vector<std::size_t> chosen;
    for (const std::size_t row : rows) {
      const std::string& value = sites.values[row];
      if (own ? value == name : !value.empty() && value != name) {
        chosen.push_back(row);
      }
    }
    return chosen;
  }

  // Mean over seeds; NaN where it cannot be had.
  [[nodiscard]] double figure(const std::vector<std::vector<float>>& tables, std::size_t column,
                              const std::vector<std::size_t>& rows, bool of_auroc) const {
    double sum = 0.0;
    for (const std::vector<float>& table : tables) {
      const RankedScores ranked = ranked_rows(table, labels, column, rows);
      if (ranked.positives() == 0 || ranked.negatives() == 0) {
        return kNone;
      }
      sum += (of_auroc ? auroc(ranked) : average_precision(ranked)).value() / static_cast<double>(kSeeds);
    }
    return sum;
  }

  [[nodiscard]] std::size_t patients_with(std::size_t column, const std::vector<std::size_t>& rows, int kind) const {
    std::set<std::uint32_t> found;
    for (const std::size_t row : rows) {
      if (labels[column].values[row] == kind) {
        found.insert(patients[row]);
      }
    }
    return found.size();
  }

  [[nodiscard]] std::vector<std::size_t> all_rows() const {
    std::vector<std::size_t> rows(cohort.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
      rows[row] = row;
    }
    return rows;
  }

  [[nodiscard]] bool has_gap(std::size_t column, const std::string& name) const {
    bool enough = true;
    for (const bool own : {true, false}) {
      for (const int kind : {1, 0}) {
        enough = enough && patients_with(column, side(all_rows(), name, own), kind) >= options.minimum_patients;
      }
    }
    return enough;
  }

  // The change of the gap of one class (or of the mean over these) on some rows.
  [[nodiscard]] double gap_change(const std::vector<std::size_t>& columns, const std::string& name,
                                  const std::vector<std::size_t>& rows, bool of_auroc) const {
    double sum = 0.0;
    for (const std::size_t column : columns) {
      const auto here = side(rows, name, true);
      const auto there = side(rows, name, false);
      sum += figure(pruned, column, here, of_auroc) - figure(pruned, column, there, of_auroc) -
             figure(dense, column, here, of_auroc) + figure(dense, column, there, of_auroc);
    }
    return sum / static_cast<double>(columns.size());
  }

  Cohort cohort;
  std::vector<ClassLabels> labels;
  std::vector<std::uint32_t> patients;
  PatientResamples resamples;
  ImageAttribute sites{"site", {}};
  std::vector<std::vector<float>> dense, pruned;
  std::vector<std::vector<double>> thresholds;
  AuditOptions options;
};

TEST_F(Strata, figures_and_gaps_are_those_of_plain_loops) {
  const StrataColumn column = measure();
  ASSERT_EQ(column.strata.size(), 3U);
  std::size_t compared = 0;
  for (const Stratum& stratum : column.strata) {
    const auto here = side(all_rows(), stratum.name, true);
    EXPECT_EQ(stratum.images, here.size());
    for (const StratumClass& one : stratum.classes) {
      const std::size_t c = one.finding;
      EXPECT_EQ(one.positive_patients, patients_with(c, here, 1));
      const bool enough = std::min(one.positive_patients, one.negative_patients) >= options.minimum_patients;
      for (const bool of_auroc : {true, false}) {
        const StratumMeasure& measure = of_auroc ? one.auroc : one.ap;
        ASSERT_EQ(measure.dense.value.has_value(), enough);
        ASSERT_EQ(measure.gap_change.value.has_value(), has_gap(c, stratum.name));
        if (enough) {
          EXPECT_NEAR(*measure.dense.value, figure(dense, c, here, of_auroc), 1e-12);
          EXPECT_NEAR(*measure.pruned.value, figure(pruned, c, here, of_auroc), 1e-12);
          EXPECT_NEAR(*measure.change.value, *measure.pruned.value - *measure.dense.value, 1e-12);
        }
        if (has_gap(c, stratum.name)) {
          EXPECT_NEAR(*measure.gap_change.value, gap_change({c}, stratum.name, all_rows(), of_auroc), 1e-12);
          ++compared;
        }
      }
    }
  }
  EXPECT_GE(compared, 8U);
}

TEST_F(Strata, intervals_and_p_values_come_from_copied_out_cohorts) {
  const StrataColumn column = measure();
  const Stratum& north = column.strata[1];
  ASSERT_EQ(north.name, "north");
  std::vector<std::size_t> classes;
  for (std::size_t c = 0; c < labels.size(); ++c) {
    if (has_gap(c, "north")) {
      classes.push_back(c);
    }
  }
  ASSERT_EQ(north.classes_compared, classes.size());
  ASSERT_GE(classes.size(), 2U);
  for (const bool of_auroc : {true, false}) {
    std::vector<double> replicates;
    double variances = 0.0;
    double squares = 0.0;
    std::vector<std::vector<double>> dense_of(2 * classes.size());
    for (std::size_t resample = 0; resample < kResamples; ++resample) {
      const auto rows = copied_out(resamples, resample, patients);
      replicates.push_back(gap_change(classes, "north", rows, of_auroc));
      for (std::size_t i = 0; i < dense_of.size(); ++i) {
        dense_of[i].push_back(figure(dense, classes[i / 2], side(rows, "north", i % 2 == 0), of_auroc));
      }
    }
    for (std::size_t i = 0; i < dense_of.size(); ++i) {
      std::vector<char> kept(cohort.size());
      for (const std::size_t row : side(all_rows(), "north", i % 2 == 0)) {
        kept[row] = 1;
      }
      const double n = count_side(labels[classes[i / 2]], kept, patients).effective_patients;
      const double variance = std::pow(standard_error(dense_of[i]), 2);
      variances += variance;
      squares += variance * variance / (n - 1);
    }
    const BootstrapOptions bootstrap{.confidence = 0.95, .effective_patients = 1 + variances * variances / squares};
    const StratumMeasure& measure = of_auroc ? north.auroc : north.ap;
    const double estimate = gap_change(classes, "north", all_rows(), of_auroc);
    EXPECT_NEAR(*measure.gap_change.value, estimate, 1e-12);
    const std::optional<Interval> interval = percentile_interval(replicates, bootstrap);
    EXPECT_NEAR(measure.gap_change.interval->low, interval->low, 1e-9);
    EXPECT_NEAR(measure.gap_change.interval->high, interval->high, 1e-9);
    EXPECT_NEAR(*measure.p, *bootstrap_p(estimate, replicates, bootstrap), 1e-9);
  }
}

TEST_F(Strata, p_values_are_adjusted_over_the_groups) {
  const StrataColumn column = measure();
  std::vector<double> p_values;
  for (const Stratum& stratum : column.strata) {
    if (stratum.auroc.p) {
      p_values.push_back(*stratum.auroc.p);
    }
  }
  ASSERT_EQ(p_values.size(), 2U);  // west has too few patients
  const std::vector<double> adjusted = holm(p_values);
  EXPECT_EQ(*column.strata[0].auroc.holm, adjusted[0]);
  EXPECT_EQ(*column.strata[1].auroc.holm, adjusted[1]);
  EXPECT_EQ(column.strata[2].name, "west");
  EXPECT_EQ(column.strata[2].auroc.verdict, StratumVerdict::kInsufficientEvidence);
  EXPECT_EQ(column.strata[2].classes_compared, 0U);
  EXPECT_EQ(column.images_without, static_cast<std::size_t>(std::count(sites.values.begin(), sites.values.end(), "")));
}

TEST_F(Strata, two_groups_ask_one_question) {
  for (std::string& value : sites.values) {
    value = value == "west" ? "north" : value;
  }
  const StrataColumn column = measure();
  ASSERT_EQ(column.strata.size(), 2U);
  EXPECT_NEAR(*column.strata[0].auroc.gap_change.value, -*column.strata[1].auroc.gap_change.value, 1e-12);
  EXPECT_EQ(*column.strata[0].auroc.holm, *column.strata[0].auroc.p);
  EXPECT_EQ(*column.strata[1].auroc.holm, *column.strata[0].auroc.p);
}

// Pruning that spares one site is found, and that it widens the gap.
TEST_F(Strata, a_site_that_pruning_forgets_is_told) {
  for (std::size_t seed = 0; seed < kSeeds; ++seed) {
    RandomStream random(seed, "strata_test/lossy");
    const std::vector<float> noise = random_scores(cohort, 0.0, random);
    pruned[seed] = dense[seed];
    for (std::size_t row = 0; row < cohort.size(); ++row) {
      for (std::size_t c = 0; sites.values[row] == "east" && c < labels.size(); ++c) {
        pruned[seed][row * labels.size() + c] = noise[row * labels.size() + c];
      }
    }
  }
  const StrataColumn column = measure();
  EXPECT_EQ(column.strata[0].auroc.verdict, StratumVerdict::kLosesMore);
  EXPECT_EQ(column.strata[0].auroc.widens, true);
  EXPECT_EQ(column.strata[1].auroc.verdict, StratumVerdict::kLosesLess);
  EXPECT_NEAR(*column.strata[1].auroc.change.value, 0.0, 1e-12);
}

TEST_F(Strata, networks_that_pruning_left_alone_show_nothing) {
  pruned = dense;
  for (const Stratum& stratum : measure().strata) {
    EXPECT_EQ(stratum.auroc.verdict, StratumVerdict::kInsufficientEvidence);
    EXPECT_FALSE(stratum.auroc.p);
  }
}

TEST_F(Strata, halves_part_patients_and_never_a_patient) {
  std::vector<char> kept(cohort.size());
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    kept[row] = sites.values[row] == "north" ? 1 : 0;
  }
  const std::vector<int> halves = halves_of(kept, patients, 1);
  std::map<std::uint32_t, int> half_of;
  std::size_t first = 0;
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    ASSERT_EQ(halves[row] >= 0, kept[row] != 0);
    if (kept[row] != 0) {
      const auto [found, fresh] = half_of.emplace(patients[row], halves[row]);
      EXPECT_EQ(found->second, halves[row]);
      first += fresh && halves[row] == 0 ? 1 : 0;
    }
  }
  EXPECT_EQ(first, half_of.size() / 2);
}

// Sensitivity and specificity of thresholds carried over, and of thresholds chosen on the other half, by plain loops.
TEST_F(Strata, thresholds_are_chosen_on_the_other_half) {
  const StrataColumn column = measure();
  std::vector<char> kept(cohort.size());
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    kept[row] = sites.values[row] == "north" ? 1 : 0;
  }
  const std::vector<int> halves = halves_of(kept, patients, options.seed);
  const auto sensitivity = [&](const std::vector<float>& table, std::size_t c, const std::array<double, 2>& by_half) {
    double positive = 0.0;
    double called = 0.0;
    for (std::size_t row = 0; row < cohort.size(); ++row) {
      if (halves[row] >= 0 && labels[c].values[row] == 1) {
        positive += 1.0;
        called += table[row * labels.size() + c] >= by_half[static_cast<std::size_t>(halves[row])] ? 1.0 : 0.0;
      }
    }
    return called / positive;
  };
  double carried = 0.0;
  double retuned = 0.0;
  for (std::size_t seed = 0; seed < kSeeds; ++seed) {
    std::array<double, 2> chosen{};
    for (int half : {0, 1}) {
      std::vector<std::size_t> rows;
      for (std::size_t row = 0; row < cohort.size(); ++row) {
        if (halves[row] == half) {
          rows.push_back(row);
        }
      }
      chosen[static_cast<std::size_t>(1 - half)] =
          choose_threshold(ranked_rows(pruned[seed], labels, 0, rows), options.operating_point).value();
    }
    carried += sensitivity(pruned[seed], 0, {0.4, 0.4}) / kSeeds;
    retuned += sensitivity(pruned[seed], 0, chosen) / kSeeds;
  }
  const StratumThresholds& thresholds_of_a = column.strata[1].classes[0].thresholds;
  EXPECT_NEAR(*thresholds_of_a.pruned_carried.sensitivity, carried, 1e-6);
  EXPECT_NEAR(*thresholds_of_a.pruned_retuned.sensitivity, retuned, 1e-6);
  EXPECT_NEAR(*thresholds_of_a.pruned_gain.value,
              *thresholds_of_a.pruned_retuned.sensitivity + *thresholds_of_a.pruned_retuned.specificity -
                  *thresholds_of_a.pruned_carried.sensitivity - *thresholds_of_a.pruned_carried.specificity,
              1e-9);
  EXPECT_TRUE(thresholds_of_a.pruned_gain.interval);
  thresholds[1][0] = kNone;  // nothing was carried over
  EXPECT_FALSE(measure().strata[1].classes[0].thresholds.pruned_gain.value);
}

TEST_F(Strata, are_the_same_with_any_number_of_threads) {
  const int threads = thread_count();
  const StrataColumn many = measure();
  set_thread_count(1);
  const StrataColumn one = measure();
  set_thread_count(threads);
  for (std::size_t group = 0; group < many.strata.size(); ++group) {
    EXPECT_EQ(many.strata[group].ap.gap_change.value, one.strata[group].ap.gap_change.value);
    EXPECT_EQ(many.strata[group].auroc.holm, one.strata[group].auroc.holm);
    EXPECT_EQ(many.strata[group].thresholds.pruned_gain.value, one.strata[group].thresholds.pruned_gain.value);
  }
}

}  // namespace
}  // namespace niwaki
