#include "niwaki/audit/strata/image_measures.hpp"

#include <gtest/gtest.h>

#include "niwaki/audit/grid_for_tests.hpp"
#include "niwaki/metrics/correlation.hpp"
#include "niwaki/metrics/multiple_testing.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kResamples = 100;

struct ImageMeasures : testing::Test {
  ImageMeasures()
      : cohort(random_cohort({.images = 200, .patients = 120, .seed = 6})),
        labels(labels_by_class(cohort)),
        patients(number_patients(cohort)),
        resamples(cohort.patients(), kResamples, 5) {
    RandomStream random(1, "image_measures_test");
    dense = random_scores(cohort, 0.4, random);
    pruned = random_scores(cohort, 0.2, random);
    pair.sparsity = 0.9;
    pair.dense.emplace_back(dense.data(), cohort.size(), labels.size());
    pair.pruned.emplace_back(pruned.data(), cohort.size(), labels.size());
    const auto rises = loss_rises(labels, pair);
    for (std::size_t row = 0; row < cohort.size(); ++row) {
      agreements.emplace_back(random.uniform());
      const double follows = rises[row].value_or(0.0) + 0.05 * random.normal();
      noise.values.emplace_back(std::floor(8 * follows) / 8);  // with ties
      idle.values.push_back(row % 7 == 0 ? std::nullopt : std::optional(random.uniform()));
    }
  }

  Cohort cohort;
  std::vector<ClassLabels> labels;
  std::vector<std::uint32_t> patients;
  PatientResamples resamples;
  std::vector<float> dense, pruned;
  PrunedPair pair;
  std::vector<std::optional<double>> agreements;
  ImageMeasure noise{"noise", {}}, idle{"idle", {}};
};

TEST_F(ImageMeasures, correlations_and_intervals_are_those_of_copied_out_cohorts) {
  const ImageMeasuresResult result = correlate_measures({noise, idle}, labels, pair, agreements, {patients, resamples});
  const auto losses = loss_rises(labels, pair);
  ASSERT_EQ(result.measures.size(), 2U);
  for (const bool first : {true, false}) {
    const ImageMeasure& measure = first ? noise : idle;
    const MeasureCorrelation& found = result.measures[first ? 0 : 1].loss;
    const auto plain = [&](const std::vector<std::size_t>& rows) {
      std::vector<double> x;
      std::vector<double> y;
      for (const std::size_t row : rows) {
        if (measure.values[row] && losses[row]) {
          x.push_back(*measure.values[row]);
          y.push_back(*losses[row]);
        }
      }
      return spearman(x, y).value();
    };
    std::vector<std::size_t> all;
    std::vector<std::size_t> known;
    for (std::size_t row = 0; row < cohort.size(); ++row) {
      all.push_back(row);
      if (measure.values[row] && losses[row]) {
        known.push_back(row);
      }
    }
    std::vector<double> replicates;
    for (std::size_t resample = 0; resample < kResamples; ++resample) {
      replicates.push_back(plain(copied_out(resamples, resample, patients)));
    }
    const BootstrapOptions bootstrap{.confidence = 0.95,
                                     .effective_patients = slow_effective_patients(known, patients)};
    EXPECT_EQ(found.images, known.size());
    EXPECT_NEAR(*found.spearman.value, plain(all), 1e-12);
    EXPECT_EQ(apart(found.spearman.interval, percentile_interval(replicates, bootstrap), 1e-9), "");
    EXPECT_NEAR(*found.p, *bootstrap_p(plain(all), replicates, bootstrap), 1e-9);
  }
}

TEST_F(ImageMeasures, what_follows_is_shown_and_what_does_not_is_not) {
  const ImageMeasuresResult result = correlate_measures({noise, idle}, labels, pair, agreements, {patients, resamples});
  EXPECT_LT(*result.measures[0].loss.holm, 0.001);
  EXPECT_GT(*result.measures[0].loss.spearman.value, 0.8);
  EXPECT_GT(*result.measures[1].loss.holm, 0.05);
  EXPECT_GE(*result.measures[1].agreement.holm, *result.measures[1].agreement.p);
}

TEST_F(ImageMeasures, a_constant_measure_has_no_correlation) {
  noise.values.assign(cohort.size(), 0.5);
  const ImageMeasuresResult result = correlate_measures({noise}, labels, pair, agreements, {patients, resamples});
  EXPECT_FALSE(result.measures[0].loss.spearman.value);
  EXPECT_FALSE(result.measures[0].loss.holm);
}

}  // namespace
}  // namespace niwaki
