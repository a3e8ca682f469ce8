#include "niwaki/audit/evidence.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/audit/audit.hpp"
#include "niwaki/audit/change.hpp"
#include "niwaki/audit/curves.hpp"
#include "niwaki/audit/global_loss.hpp"
#include "niwaki/audit/grid_for_tests.hpp"
#include "niwaki/metrics/bootstrap_interval.hpp"
#include "niwaki/metrics/multiple_testing.hpp"

namespace niwaki {
namespace {

using testing::Contains;
using testing::Field;
using testing::HasSubstr;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kFloat = 2e-6;  // replicates are kept as float

// ---- Intervals, held to cohorts that are copied out ----

// The band of relative changes: made for the logarithms of the ratios of both figures, and turned back.
std::optional<std::vector<Interval>> slow_relative_band(std::vector<double> estimates, std::vector<double> replicates,
                                                        const BootstrapOptions& with) {
  for (double& value : estimates) {
    value = std::log(1.0 + value);
  }
  for (double& value : replicates) {
    value = std::log(1.0 + value);
  }
  const std::size_t rows = estimates.size();
  auto band = simultaneous_band(estimates, {replicates.data(), rows, replicates.size() / rows}, with);
  for (std::size_t row = 0; band && row < rows; ++row) {
    (*band)[row] = {std::exp((*band)[row].low) - 1.0, std::exp((*band)[row].high) - 1.0};
  }
  return band;
}

class EvidenceOfFiles : public testing::Test, protected GridForTests {
 protected:
  enum class Kind { kAp, kAuroc, kF1 };

  EvidenceOfFiles()
      : GridForTests(std::filesystem::path(testing::TempDir()) /
                     (std::string("evidence_test_") + testing::UnitTest::GetInstance()->current_test_info()->name())) {}

  void audit_with(const AuditOptions& options) {
    options_ = options;
    labels_ = labels_by_class(cohort_);
    patients_ = number_patients(cohort_);
    resamples_.emplace(cohort_.patients(), options.resamples, options.seed);
    result_ = audit(cohort_, {}, grid(), options);
    for (std::size_t resample = 0; resample < options.resamples; ++resample) {
      rows_.push_back(copied_out(*resamples_, resample, patients_));
    }
  }

  [[nodiscard]] const std::vector<float>& table(const std::string& method, std::uint64_t seed, double sparsity) const {
    const auto own = tables_.find({method, seed, sparsity});
    return own != tables_.end() ? own->second : tables_.at({"dense", seed, sparsity});
  }

  // One figure of a class in a copied-out cohort, NaN where that cohort cannot measure the class.
  [[nodiscard]] double replicate(const std::vector<float>& table, std::size_t column, std::size_t resample,
                                 Kind kind) const {
    const RankedScores ranked = ranked_rows(table, labels_, column, rows_[resample]);
    if (ranked.positives() == 0 || ranked.negatives() == 0) {
      return kNone;
    }
    if (kind != Kind::kF1) {
      return (kind == Kind::kAp ? average_precision(ranked) : auroc(ranked)).value();
    }
    double found = 0.0;
    double called = 0.0;
    for (const RankedScores::Group& group : ranked.groups()) {
      if (static_cast<double>(group.score) >= options_.threshold) {
        found += group.positives;
        called += group.positives + group.negatives;
      }
    }
    return 2.0 * found / (called + static_cast<double>(ranked.positives()));
  }

  // As above; for the column after the last, the mean over the classes that the cohort can measure; NaN
  // where the resample lacks one.
  [[nodiscard]] double macro_or_class(const std::vector<float>& table, std::size_t column, std::size_t resample,
                                      Kind kind) const {
    if (column < labels_.size()) {
      return replicate(table, column, resample, kind);
    }
    double sum = 0.0;
    double classes = 0.0;
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      const double value = labels_[i].measurable() ? replicate(table, i, resample, kind) : kNone;
      sum += labels_[i].measurable() ? value : 0.0;
      classes += labels_[i].measurable() ? 1.0 : 0.0;
    }
    return sum / classes;
  }

  using OverSeeds = double (*)(const std::vector<double>&);
  using Change = double (*)(double, double);

  // One a resample: the summary over seeds of the figure, or of its change from the dense network.
  [[nodiscard]] std::vector<double> replicates(const std::string& method, double sparsity, std::size_t column,
                                               Kind kind, Change change = nullptr,
                                               OverSeeds over_seeds = slow_median) const {
    std::vector<double> all;
    for (std::size_t resample = 0; resample < rows_.size(); ++resample) {
      std::vector<double> seeds;
      for (const std::uint64_t seed : result_.seeds) {
        const double here = macro_or_class(table(method, seed, sparsity), column, resample, kind);
        const double dense = change == nullptr ? 0.0 : macro_or_class(table(method, seed, 0.0), column, resample, kind);
        seeds.push_back(change == nullptr ? here : change(here, dense));
      }
      all.push_back(std::isnan(seeds.front()) ? kNone : over_seeds(seeds));
    }
    return all;
  }

  // Of a class: patients of the scarcer kind of images.
  [[nodiscard]] BootstrapOptions bootstrap(std::size_t column) const {
    double fewest = std::numeric_limits<double>::infinity();
    for (const int kind : {0, 1}) {
      std::vector<std::size_t> rows;
      for (std::size_t row = 0; row < cohort_.size(); ++row) {
        if (labels_[column].values[row] == kind) {
          rows.push_back(row);
        }
      }
      fewest = std::min(fewest, slow_effective_patients(rows, patients_));
    }
    return {.confidence = 0.95, .effective_patients = fewest};
  }

  Cohort cohort_ = random_cohort();
  AuditOptions options_;
  std::vector<ClassLabels> labels_;
  std::vector<std::uint32_t> patients_;
  std::optional<PatientResamples> resamples_;
  std::vector<std::vector<std::size_t>> rows_;  // of each resample
  AuditResult result_;
};

double difference(double pruned, double dense) {
  return pruned - dense;
}

double slow_relative_change(double pruned, double dense) {
  return (pruned - dense) / (dense + 1e-12);
}

double slow_mean(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double value : values) {
    sum += value;
  }
  return sum / static_cast<double>(values.size());
}

TEST_F(EvidenceOfFiles, of_a_class_surrounds_its_figures) {
  add_random(cohort_, "dense", 3, {0.0});  // shared by both methods
  add_random(cohort_, "l1", 3, {0.5, 0.9});
  add_random(cohort_, "random", 3, {0.9});
  audit_with({.minimum_patients = 5, .resamples = 100, .seed = 8});
  ASSERT_EQ(result_.methods.size(), 2U);
  for (const MethodResult& method : result_.methods) {
    for (std::size_t column = 0; column < labels_.size(); ++column) {
      const BootstrapOptions with = bootstrap(column);
      const ClassCurve& curve = method.classes[column];
      EXPECT_NEAR(curve.evidence.effective_patients, with.effective_patients, 1e-12);
      const double step = 0.25 / static_cast<double>(labels_[column].positives * labels_[column].negatives);
      for (std::size_t i = 0; i < method.sparsities.size(); ++i) {
        const double sparsity = method.sparsities[i];
        EXPECT_EQ(apart(curve.evidence.ap[i],
                        percentile_interval(replicates(method.method, sparsity, column, Kind::kAp), with), kFloat),
                  "");
        EXPECT_EQ(apart(curve.evidence.auroc[i],
                        logit_interval(*curve.auroc[i], replicates(method.method, sparsity, column, Kind::kAuroc), step,
                                       with),
                        kFloat),
                  "");
      }
    }
  }
}

TEST_F(EvidenceOfFiles, of_changes_is_paired_within_a_seed_and_a_resample) {
  add_random(cohort_, "dense", 4, {0.0});  // an even number: the median lies between two
  add_random(cohort_, "l1", 4, {0.5, 0.9});
  audit_with({.minimum_patients = 5, .resamples = 100, .seed = 9});
  const MethodResult& method = result_.methods[0];
  for (std::size_t column = 0; column < labels_.size(); ++column) {
    const BootstrapOptions with = bootstrap(column);
    const ClassCurve& curve = method.classes[column];
    std::vector<double> relative;
    std::vector<double> absolute;
    std::vector<double> of_auroc;
    for (const double sparsity : {0.5, 0.9}) {
      for (const auto& [all, kind, change] : {std::tuple(&relative, Kind::kAp, &slow_relative_change),
                                              {&absolute, Kind::kAp, &difference},
                                              {&of_auroc, Kind::kAuroc, &difference}}) {
        const std::vector<double> here = replicates("l1", sparsity, column, kind, change);
        all->insert(all->end(), here.begin(), here.end());
      }
    }
    const auto check = [&](const std::vector<double>& slow, const std::vector<Figure>& values,
                           const std::vector<FigureInterval>& intervals, const std::vector<FigureInterval>& band) {
      const MatrixView<const double> view(slow.data(), 2, 100);
      const auto expected = &slow == &relative
                                ? slow_relative_band({*values.at(0), *values.at(1)}, slow, with)
                                : simultaneous_band(std::vector{*values.at(0), *values.at(1)}, view, with);
      ASSERT_TRUE(expected);
      for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(apart(intervals.at(i), percentile_interval(view.row(i), with), 10 * kFloat), "");
        EXPECT_EQ(apart(band.at(i), (*expected)[i], 10 * kFloat), "");
      }
    };
    const ClassEvidence& evidence = curve.evidence;
    check(relative, curve.delta_ap, evidence.delta_ap, evidence.delta_ap_band);
    check(absolute, evidence.ap_change.values, evidence.ap_change.intervals, evidence.ap_change.band);
    check(of_auroc, evidence.auroc_change.values, evidence.auroc_change.intervals, evidence.auroc_change.band);
    // The test is of the ratio of both APs at the exemplar sparsity, 0.9, on the scale of logarithms.
    std::vector<double> ratios(relative.begin() + 100, relative.end());
    std::transform(ratios.begin(), ratios.end(), ratios.begin(), [](double change) { return std::log(1.0 + change); });
    EXPECT_NEAR(*evidence.loss_p, *bootstrap_p(std::log(1.0 + *curve.delta_ap[1]), ratios, with), 1e-5);
  }
}

TEST_F(EvidenceOfFiles, the_middle_of_an_absolute_change_is_the_median_over_seeds) {
  add_random(cohort_, "l1", 3, {0.0, 0.9});
  audit_with({.resamples = 100});
  std::vector<std::size_t> all(cohort_.size());
  for (std::size_t row = 0; row < all.size(); ++row) {
    all[row] = row;
  }
  for (std::size_t column = 0; column < labels_.size(); ++column) {
    std::vector<double> ap;
    std::vector<double> of_auroc;
    for (const std::uint64_t seed : result_.seeds) {
      const RankedScores pruned = ranked_rows(table("l1", seed, 0.9), labels_, column, all);
      const RankedScores dense = ranked_rows(table("l1", seed, 0.0), labels_, column, all);
      ap.push_back(*average_precision(pruned) - *average_precision(dense));
      of_auroc.push_back(*auroc(pruned) - *auroc(dense));
    }
    const ClassEvidence& evidence = result_.methods[0].classes[column].evidence;
    EXPECT_DOUBLE_EQ(*evidence.ap_change.values.at(0), slow_median(ap));
    EXPECT_DOUBLE_EQ(*evidence.auroc_change.values.at(0), slow_median(of_auroc));
  }
}

TEST_F(EvidenceOfFiles, of_the_macro_figures_leaves_out_resamples_that_cannot_measure_a_class) {
  // Class "C" is on four images of four patients, so that about one resample in fifty has none; "D" is on none.
  for (std::size_t row = 0; row < cohort_.size(); ++row) {
    cohort_.labels[4 * row + 2] =
        row == 20 || row == 50 || row == 70 || row == 90 ? Label::kPositive : Label::kNegative;
    cohort_.labels[4 * row + 3] = Label::kNegative;
  }
  ASSERT_NE(cohort_.records[20].patient, cohort_.records[90].patient);
  add_random(cohort_, "l1", 3, {0.0, 0.5, 0.9});
  audit_with({.resamples = 100, .seed = 4});
  const MethodResult& method = result_.methods[0];
  std::size_t without = 0;
  for (std::size_t resample = 0; resample < 100; ++resample) {
    without += std::isnan(replicate(table("l1", 3, 0.0), 2, resample, Kind::kAp)) ? 1 : 0;
  }
  ASSERT_GT(without, 0U);
  ASSERT_LE(without, 5U);
  const std::size_t macro = labels_.size();
  // Welch-Satterthwaite over the classes that can be measured; the rare one has four patients.
  double variances = 0.0;
  double weighed = 0.0;
  for (std::size_t column = 0; column < macro; ++column) {
    if (labels_[column].measurable()) {
      const double variance =
          std::pow(standard_error(replicates("l1", 0.0, column, Kind::kAp, nullptr, slow_median)), 2);
      variances += variance;
      weighed += variance * variance / (labels_[column].effective_patients - 1.0);
    }
  }
  const BootstrapOptions with = {.confidence = 0.95, .effective_patients = 1.0 + variances * variances / weighed};
  EXPECT_LT(with.effective_patients, 0.5 * static_cast<double>(cohort_.patients()));
  std::vector<double> changes;
  for (std::size_t i = 0; i < 3; ++i) {
    const double sparsity = method.sparsities[i];
    const MacroPoint& point = method.macro[i];
    const auto expected = [&](Kind kind, OverSeeds over_seeds) {
      return percentile_interval(replicates("l1", sparsity, macro, kind, nullptr, over_seeds), with);
    };
    EXPECT_EQ(apart(point.ap_interval, expected(Kind::kAp, slow_median), kFloat), "");
    EXPECT_EQ(apart(point.auroc_interval, expected(Kind::kAuroc, slow_median), kFloat), "");
    EXPECT_EQ(apart(point.f1_interval, expected(Kind::kF1, slow_median), kFloat), "");
    EXPECT_EQ(apart(point.ap_mean_interval, expected(Kind::kAp, slow_mean), kFloat), "");
    EXPECT_EQ(apart(point.auroc_mean_interval, expected(Kind::kAuroc, slow_mean), kFloat), "");
    if (i > 0) {
      const std::vector<double> here = replicates("l1", sparsity, macro, Kind::kAp, slow_relative_change);
      changes.insert(changes.end(), here.begin(), here.end());
    }
  }
  const MatrixView<const double> view(changes.data(), 2, 100);
  const GlobalResult& global = method.global;
  const auto band = slow_relative_band({*global.delta_ap[0], *global.delta_ap[1]}, changes, with);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(apart(global.delta_ap_intervals.at(i), percentile_interval(view.row(i), with), 10 * kFloat), "");
    EXPECT_EQ(apart(global.delta_ap_band.at(i), (*band)[i], 10 * kFloat), "");
  }
  EXPECT_TRUE(method.classes[2].evidence.ap.empty());  // four patients are too few for an interval of its own
}

// ---- Verdicts, from made-up replicates ----

// One class at sparsities 0, 0.5 and 0.9: AP 0.8 dense, less by `losses` of it. In half of the resamples the loss is
// larger by `spread`, in half smaller.
struct Story {
  std::vector<double> losses = {0.0, 0.0};
  double spread = 0.01;
  std::size_t positive_patients = 40;
  std::size_t negative_patients = 200;
  double effective_patients = 0.0;  // 0: positive_patients
};

class MadeUp {
 public:
  explicit MadeUp(std::vector<Story> stories, AuditOptions options = {.resamples = 100}) : options_(options) {
    grid_ = make_grid("", {{"l1", 1, 0.0, "a"}, {"l1", 1, 0.5, "b"}, {"l1", 1, 0.9, "c"}}, "test");
    measured_.units.resize(3);
    for (std::size_t column = 0; column < stories.size(); ++column) {
      add_labels(stories[column], column);
    }
    for (std::size_t step = 0; step < 3; ++step) {
      add_unit(stories, step);
    }
  }

  MethodResult weigh() {
    const MethodFigures figures(grid_, measured_, "l1");
    MethodResult result;
    result.method = "l1";
    result.sparsities = figures.sparsities();
    result.macro = macro_curve(figures, labels_);
    result.classes = class_curves(figures, labels_, options_.drop);
    result.global = global_loss(figures, labels_, options_, "l1", notes_);
    notes_.clear();
    weigh_evidence(figures, labels_, options_, result, notes_);
    return result;
  }

  /// The pruned scores of this step are others, whatever the figures say.
  void touch(std::size_t step) {
    for (ClassFigures& figures : measured_.units[step].classes) {
      figures.brier += 0.01;
    }
  }

  void set_dense_auroc(double auroc) {
    for (ClassFigures& figures : measured_.units[0].classes) {
      figures.auroc = auroc;
    }
  }

  ClassEvidence first() { return weigh().classes.at(0).evidence; }

  [[nodiscard]] const std::vector<Note>& notes() const { return notes_; }

 private:
  void add_labels(const Story& story, std::size_t column) {
    ClassLabels labels;
    labels.name = std::string(1, static_cast<char>('A' + column));
    labels.positives = labels.positive_patients = story.positive_patients;
    labels.negatives = labels.negative_patients = story.negative_patients;
    labels.effective_patients = story.effective_patients > 0.0
                                    ? story.effective_patients
                                    : static_cast<double>(std::min(labels.positives, labels.negatives));
    labels_.push_back(labels);
  }

  void add_unit(const std::vector<Story>& stories, std::size_t step) {
    MeasuredUnit& unit = measured_.units[step];
    std::vector<float>& row = unit.replicates.ap;
    std::vector<float>& auroc = unit.replicates.auroc;
    for (const Story& story : stories) {
      const double loss = step == 0 ? 0.0 : story.losses[step - 1];
      unit.classes.push_back({.ap = 0.8 * (1.0 - loss), .auroc = 0.9 - loss / 3.0});
      for (std::size_t resample = 0; resample < options_.resamples; ++resample) {
        const double swing = (resample % 2 == 0 ? 1.0 : -1.0) * story.spread;
        row.push_back(static_cast<float>(0.8 * (1.0 - loss - (step == 0 ? 0.0 : swing))));
        auroc.push_back(static_cast<float>(std::min(1.0, 0.9 - loss / 3.0 + (loss < 0.0 ? 0.0 : 0.1 * swing))));
      }
    }
    row.insert(row.end(), options_.resamples, 0.5F);  // the mean over classes
    auroc.insert(auroc.end(), options_.resamples, 0.5F);
    unit.replicates.f1 = row;
  }

  AuditOptions options_;
  ScoreGrid grid_;
  MeasuredGrid measured_;
  std::vector<ClassLabels> labels_;
  std::vector<Note> notes_;
};

TEST(Evidence, gives_a_verdict_from_the_bands) {
  using Sparsity = std::optional<double>;
  struct Case {
    std::vector<double> losses;
    double spread;
    ClassVerdict verdict;
    Sparsity loses_from, forgotten_from, kept_up_to;
  };
  // The band is the estimate -+ a little more than the spread.
  const std::vector<Case> cases = {
      {{0.02, 0.5}, 0.05, ClassVerdict::kForgotten, 0.9, 0.9, 0.5},
      {{0.4, 0.5}, 0.05, ClassVerdict::kForgotten, 0.5, 0.5, std::nullopt},
      {{0.4, 0.02}, 0.05, ClassVerdict::kForgotten, 0.5, 0.5, std::nullopt},  // it comes back, too late
      {{0.02, 0.22}, 0.05, ClassVerdict::kLoses, 0.9, std::nullopt, 0.5},
      {{0.1, 0.12}, 0.05, ClassVerdict::kLoses, 0.5, std::nullopt, 0.9},  // surely less, and surely not 20%
      {{0.02, 0.03}, 0.05, ClassVerdict::kKept, std::nullopt, std::nullopt, 0.9},
      {{-0.1, -0.1}, 0.05, ClassVerdict::kKept, std::nullopt, std::nullopt, 0.9},
      {{0.02, 0.17}, 0.18, ClassVerdict::kUndecided, std::nullopt, std::nullopt, std::nullopt},
      {{0.15, 0.02}, 0.17, ClassVerdict::kUndecided, std::nullopt, std::nullopt, std::nullopt},
      {{0.0, 0.0}, 0.0, ClassVerdict::kKept, std::nullopt, std::nullopt, 0.9}};  // pruning did not touch it
  for (const Case& expected : cases) {
    const ClassEvidence evidence = MadeUp({Story{.losses = expected.losses, .spread = expected.spread}}).first();
    SCOPED_TRACE(fmt::format("losses {} and {}, spread {}: {}", expected.losses[0], expected.losses[1], expected.spread,
                             verdict_name(expected.verdict)));
    EXPECT_STREQ(verdict_name(evidence.verdict), verdict_name(expected.verdict));
    EXPECT_EQ(evidence.loses_from, expected.loses_from);
    EXPECT_EQ(evidence.forgotten_from, expected.forgotten_from);
    EXPECT_EQ(evidence.kept_up_to, expected.kept_up_to);
  }
}

TEST(Evidence, the_drop_that_a_verdict_is_about_can_be_set) {
  const Story story = {.losses = {0.02, 0.5}};
  EXPECT_EQ(MadeUp({story}, {.drop = 0.6, .resamples = 100}).first().verdict, ClassVerdict::kLoses);
}

TEST(Evidence, needs_20_patients_with_and_without_a_class_for_a_verdict) {
  const auto verdict = [](std::size_t positive, std::size_t negative, std::size_t minimum) {
    return MadeUp({Story{.losses = {0.5, 0.5}, .positive_patients = positive, .negative_patients = negative}},
                  {.minimum_patients = minimum, .resamples = 100})
        .first()
        .verdict;
  };
  const std::size_t usual = AuditOptions{}.minimum_patients;
  EXPECT_EQ(usual, 20U);
  EXPECT_EQ(verdict(20, 200, usual), ClassVerdict::kForgotten);
  EXPECT_EQ(verdict(19, 200, usual), ClassVerdict::kInsufficientEvidence);
  EXPECT_EQ(verdict(200, 20, usual), ClassVerdict::kForgotten);
  EXPECT_EQ(verdict(200, 19, usual), ClassVerdict::kInsufficientEvidence);
  EXPECT_EQ(verdict(19, 200, 19), ClassVerdict::kForgotten);
}

TEST(Evidence, of_few_patients_is_an_interval_without_a_verdict_or_nothing) {
  const auto story = [](std::size_t patients) { return Story{.losses = {0.5, 0.5}, .positive_patients = patients}; };
  MadeUp made_up({story(9), story(5), story(4), story(0)});
  const MethodResult result = made_up.weigh();
  for (const ClassCurve& curve : result.classes) {
    EXPECT_EQ(curve.evidence.verdict, ClassVerdict::kInsufficientEvidence) << curve.name;
    // What would be a verdict in other words.
    EXPECT_FALSE(curve.evidence.loses_from) << curve.name;
    EXPECT_FALSE(curve.evidence.forgotten_from) << curve.name;
    EXPECT_FALSE(curve.evidence.kept_up_to) << curve.name;
  }
  EXPECT_TRUE(result.classes[0].evidence.ap.at(2));
  EXPECT_TRUE(result.classes[1].evidence.delta_ap_band.at(1));
  EXPECT_TRUE(result.classes[2].evidence.ap.empty());
  EXPECT_TRUE(result.classes[2].evidence.delta_ap_band.empty());
  // The last one cannot be measured, which is said of the class as a whole.
  ASSERT_EQ(made_up.notes().size(), 1U);
  EXPECT_EQ(made_up.notes()[0].where, "methods.l1.evidence.C");
  EXPECT_THAT(made_up.notes()[0].reason, HasSubstr("no interval"));
}

TEST(Evidence, of_many_patients_who_count_as_one_is_nothing_and_said) {
  MadeUp made_up({Story{.losses = {0.5, 0.5}, .positive_patients = 20, .effective_patients = 1.4}});
  EXPECT_EQ(made_up.first().verdict, ClassVerdict::kNone);
  EXPECT_THAT(made_up.notes(), Contains(testing::AllOf(Field(&Note::where, "methods.l1.evidence.A"),
                                                       Field(&Note::reason, HasSubstr("no interval")))));
}

TEST(Evidence, of_an_auroc_of_1_is_nothing_there_and_said) {
  MadeUp made_up({Story{.losses = {-0.3, 0.0}}});  // AUROC 0.9, 1 and 0.9
  const ClassEvidence evidence = made_up.first();
  EXPECT_TRUE(evidence.auroc.at(0));
  EXPECT_FALSE(evidence.auroc.at(1));
  EXPECT_THAT(made_up.notes(), Contains(Field(&Note::where, "methods.l1.evidence.A.auroc")));
}

TEST(Evidence, of_resamples_that_are_all_alike_is_nothing_unless_pruning_changed_nothing) {
  // Faultless before and after, in every resample, though the scores differ: other patients could be ranked worse.
  Story faultless{.losses = {0.0, 0.0}, .spread = 0.0};
  MadeUp differs({faultless});
  differs.touch(2);
  const ClassEvidence silent = differs.first();
  EXPECT_FALSE(silent.delta_ap.at(1));
  EXPECT_FALSE(silent.delta_ap_band.at(0));
  EXPECT_EQ(silent.verdict, ClassVerdict::kNone);
  // The same scores: no patient can make a difference.
  const ClassEvidence untouched = MadeUp({faultless}).first();
  EXPECT_EQ(untouched.delta_ap.at(1).value().low, 0.0);
  EXPECT_EQ(untouched.delta_ap_band.at(1).value().high, 0.0);
  EXPECT_EQ(untouched.verdict, ClassVerdict::kKept);
}

TEST(Evidence, of_a_class_that_was_hardly_learned_is_no_verdict) {
  MadeUp made_up({Story{.losses = {0.5, 0.5}}});
  made_up.set_dense_auroc(0.59);
  const ClassEvidence evidence = made_up.first();
  EXPECT_EQ(evidence.verdict, ClassVerdict::kHardlyLearned);
  EXPECT_FALSE(evidence.forgotten_from);
  made_up.set_dense_auroc(0.6);
  EXPECT_EQ(made_up.first().verdict, ClassVerdict::kForgotten);
}

TEST(Evidence, adjusts_p_over_the_classes_with_enough_patients) {
  const std::vector<Story> stories = {{.losses = {0.0, 0.02}, .spread = 0.01},
                                      {.losses = {0.0, 0.05}, .spread = 0.02, .positive_patients = 19},
                                      {.losses = {0.0, 0.01}, .spread = 0.01},
                                      {.losses = {0.0, 0.03}, .spread = 0.01, .positive_patients = 3},
                                      {.losses = {0.0, 0.04}, .spread = 0.02}};
  const MethodResult result = MadeUp(stories).weigh();
  const auto p = [&](std::size_t column) { return result.classes[column].evidence.loss_p; };
  const std::vector<double> expected = holm(std::vector{p(0).value(), p(2).value(), p(4).value()});
  EXPECT_GT(expected[1], *p(2) * 0.99);
  EXPECT_DOUBLE_EQ(result.classes[0].evidence.loss_holm.value(), expected[0]);
  EXPECT_DOUBLE_EQ(result.classes[2].evidence.loss_holm.value(), expected[1]);
  EXPECT_DOUBLE_EQ(result.classes[4].evidence.loss_holm.value(), expected[2]);
  EXPECT_GT(expected[0], *p(0));
  EXPECT_TRUE(p(1));
  EXPECT_FALSE(result.classes[1].evidence.loss_holm);
  EXPECT_FALSE(p(3));
}

TEST(Evidence, tests_no_loss_where_the_exemplar_sparsity_is_not_there) {
  EXPECT_FALSE(MadeUp({Story{}}, {.exemplar_sparsity = 0.8, .resamples = 100}).first().loss_p);
  EXPECT_TRUE(MadeUp({Story{}}, {.exemplar_sparsity = 0.5, .resamples = 100}).first().loss_p);
}

TEST(Evidence, without_a_bootstrap_is_none_but_too_little_is_still_said) {
  MadeUp made_up({Story{.losses = {0.5, 0.5}}, Story{.positive_patients = 19}}, {.resamples = 0});
  const MethodResult result = made_up.weigh();
  EXPECT_EQ(result.classes[0].evidence.verdict, ClassVerdict::kNone);
  EXPECT_EQ(result.classes[1].evidence.verdict, ClassVerdict::kInsufficientEvidence);
  EXPECT_EQ(result.classes[0].evidence.effective_patients, 40.0);
  EXPECT_TRUE(result.classes[0].evidence.ap.empty());
  EXPECT_FALSE(result.classes[0].evidence.loss_p);
  EXPECT_FALSE(result.macro[0].ap_interval);
  EXPECT_TRUE(result.global.delta_ap_band.empty());
  ASSERT_EQ(made_up.notes().size(), 1U);
  EXPECT_THAT(made_up.notes()[0].reason, HasSubstr("no bootstrap"));
}

TEST(Evidence, is_not_asked_of_a_class_that_cannot_be_measured) {
  MadeUp made_up({Story{.positive_patients = 200, .negative_patients = 0}});
  EXPECT_EQ(made_up.first().verdict, ClassVerdict::kInsufficientEvidence);
  EXPECT_FALSE(made_up.weigh().macro[0].ap_interval);
}

}  // namespace
}  // namespace niwaki
