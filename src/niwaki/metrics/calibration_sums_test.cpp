#include "niwaki/metrics/calibration_sums.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

struct Column {
  std::vector<float> scores;
  std::vector<std::int8_t> labels;
};

/// Probabilities over all bins, on their edges, and 0 and 1, some of them right and some not.
Column random_column(std::size_t images, bool unknown, RandomStream& random) {
  Column column;
  for (std::size_t image = 0; image < images; ++image) {
    const double share = random.uniform();
    const double edge = static_cast<double>(random.below(16)) / 15.0;
    column.scores.push_back(static_cast<float>(share < 0.2   ? edge
                                               : share < 0.3 ? std::round(random.uniform())
                                                             : random.uniform()));
    column.labels.push_back(unknown && random.chance(0.2) ? std::int8_t{-1} : random.chance(0.3) ? 1 : 0);
  }
  return column;
}

void expect_close(std::optional<double> figure, std::optional<double> wanted) {
  ASSERT_EQ(figure.has_value(), wanted.has_value());
  if (wanted) {
    EXPECT_NEAR(*figure, *wanted, 1e-13 * std::max(1.0, std::abs(*wanted)));
  }
}

TEST(CalibrationSums, AreThePlainFiguresOnEveryInstructionSet) {
  RandomStream random(4, "test");
  for (const std::size_t images : {0U, 1U, 15U, 16U, 17U, 500U, 5000U}) {
    for (const bool unknown : {false, true}) {
      const Column column = random_column(images, unknown, random);
      for (const InstructionSet set : instruction_sets_here()) {
        const CalibrationSums sums(column.scores, column.labels, set);
        const CalibrationSums plain(column.scores, column.labels, InstructionSet::kBaseline);
        EXPECT_EQ(sums.log_loss(), plain.log_loss()) << instruction_set_name(set);
        EXPECT_EQ(sums.brier_score(), plain.brier_score());
        EXPECT_EQ(sums.expected_calibration_error(), plain.expected_calibration_error());
        expect_close(sums.brier_score(), brier_score(column.scores, column.labels));
        expect_close(sums.log_loss(), log_loss(column.scores, column.labels));
        expect_close(sums.expected_calibration_error(), expected_calibration_error(column.scores, column.labels));
      }
    }
  }
}

TEST(CalibrationSums, ASmallLossIsRightToTwelveDigits) {
  std::vector<float> scores(1000, 1e-4F);
  const std::vector<std::int8_t> labels(1000, 0);
  const CalibrationSums sums(scores, labels);
  EXPECT_NEAR(*sums.log_loss() / *log_loss(scores, labels), 1.0, 1e-12);
}

TEST(CalibrationSums, PoolingIsOneColumnAfterTheOther) {
  RandomStream random(5, "test");
  const Column first = random_column(700, true, random);
  const Column second = random_column(900, false, random);
  CalibrationSums pooled(first.scores, first.labels);
  pooled.merge(CalibrationSums(second.scores, second.labels));
  CalibrationBins bins;
  bins.add(first.scores, first.labels);
  bins.add(second.scores, second.labels);
  expect_close(pooled.expected_calibration_error(), bins.expected_calibration_error());
}

}  // namespace
}  // namespace niwaki
