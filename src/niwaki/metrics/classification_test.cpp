#include "niwaki/metrics/classification.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

TEST(Classification, counts_at_a_threshold_with_the_threshold_itself_called) {
  const std::vector<float> scores = {0.9F, 0.5F, 0.5F, 0.49F, 0.2F, 0.7F};
  const std::vector<std::int8_t> labels = {1, 1, 0, 1, 0, -1};
  const Confusion confusion = confusion_at(scores, labels, 0.5);
  EXPECT_EQ(confusion.true_positives, 2U);
  EXPECT_EQ(confusion.false_positives, 1U);
  EXPECT_EQ(confusion.false_negatives, 1U);
  EXPECT_EQ(confusion.true_negatives, 1U);
  EXPECT_DOUBLE_EQ(precision(confusion), 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(recall(confusion), 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(f1(confusion), 4.0 / 6.0);
}

TEST(Classification, precision_and_recall_differ_where_calls_are_many) {
  const Confusion confusion{3, 5, 1, 0};
  EXPECT_DOUBLE_EQ(precision(confusion), 0.375);
  EXPECT_DOUBLE_EQ(recall(confusion), 0.75);
  EXPECT_DOUBLE_EQ(specificity(Confusion{3, 5, 1, 15}), 0.75);
  EXPECT_DOUBLE_EQ(f1(confusion), 2.0 * 0.375 * 0.75 / (0.375 + 0.75));
}

TEST(Classification, nothing_to_divide_by_is_zero) {
  EXPECT_EQ(precision(Confusion{0, 0, 4, 9}), 0.0);
  EXPECT_EQ(recall(Confusion{0, 3, 0, 9}), 0.0);
  EXPECT_EQ(specificity(Confusion{2, 0, 4, 0}), 0.0);
  EXPECT_EQ(f1(Confusion{0, 0, 0, 9}), 0.0);
}

// Every score and infinity as a threshold, counted anew.
std::optional<double> obvious_sensitivity_at(const std::vector<float>& scores, const std::vector<std::int8_t>& labels,
                                             double least) {
  const auto has = [&](int label) { return std::count(labels.begin(), labels.end(), label) > 0; };
  if (!has(1) || !has(0)) {
    return std::nullopt;
  }
  std::vector<float> thresholds = scores;
  thresholds.push_back(std::numeric_limits<float>::infinity());
  double best = -1.0;
  for (const float threshold : thresholds) {
    const Confusion confusion = confusion_at(scores, labels, static_cast<double>(threshold));
    if (specificity(confusion) >= least) {
      best = std::max(best, recall(confusion));
    }
  }
  return best;
}

TEST(SensitivityAtSpecificity, is_the_best_of_all_thresholds) {
  RandomStream random(11, "sensitivity_at", {});
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<float> scores(1 + random.below(40));
    std::vector<std::int8_t> labels(scores.size());
    for (std::size_t i = 0; i < scores.size(); ++i) {
      scores[i] = static_cast<float>(random.below(12)) / 11.0F;
      labels[i] = random.chance(0.1) ? -1 : static_cast<std::int8_t>(random.chance(0.4));
    }
    const RankedScores ranked(scores, labels);
    for (const double least : {0.0, 0.5, 0.8, 0.9, 0.95, 1.0}) {
      EXPECT_EQ(sensitivity_at_specificity(ranked, least), obvious_sensitivity_at(scores, labels, least));
    }
  }
}

TEST(SensitivityAtSpecificity, nineteen_of_twenty_are_at_least_0_95) {
  std::vector<float> scores(20, 0.1F);
  std::vector<std::int8_t> labels(20, 0);
  scores[0] = 0.8F;
  for (const float score : {0.9F, 0.8F, 0.5F, 0.1F}) {
    scores.push_back(score);
    labels.push_back(1);
  }
  const RankedScores ranked(scores, labels);
  EXPECT_EQ(sensitivity_at_specificity(ranked, 0.95), 0.75);
  EXPECT_EQ(sensitivity_at_specificity(ranked, std::nextafter(0.95, 1.0)), 0.25);
  EXPECT_EQ(sensitivity_at_specificity(ranked, 0.0), 1.0);
}

TEST(SensitivityAtSpecificity, is_zero_where_only_calling_nothing_is_specific_enough) {
  const std::vector<float> tied(4, 0.5F);
  EXPECT_EQ(sensitivity_at_specificity(RankedScores(tied, std::vector<std::int8_t>{1, 0, 1, 0}), 0.5), 0.0);
  EXPECT_EQ(sensitivity_at_specificity(RankedScores(tied, std::vector<std::int8_t>{1, 0, 1, 0}), 0.0), 1.0);
}

TEST(SensitivityAtSpecificity, needs_both_kinds_of_image_and_a_specificity) {
  const std::vector<float> scores = {0.1F, 0.2F};
  EXPECT_FALSE(sensitivity_at_specificity(RankedScores(scores, std::vector<std::int8_t>{1, -1}), 0.9));
  EXPECT_FALSE(sensitivity_at_specificity(RankedScores(scores, std::vector<std::int8_t>{0, 0}), 0.9));
  const RankedScores both(scores, std::vector<std::int8_t>{0, 1});
  EXPECT_THROW((void)sensitivity_at_specificity(both, 1.5), BrokenInvariant);
  EXPECT_THROW((void)sensitivity_at_specificity(both, std::numeric_limits<double>::quiet_NaN()), BrokenInvariant);
}

TEST(LowestCalled, comparing_with_it_in_float_says_what_comparing_in_double_does) {
  for (const double threshold : {0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0 / 3.0, 1.0, 1e-300}) {
    const float lowest = lowest_called(threshold);
    for (const float score : {lowest, std::nextafter(lowest, -1.0F), std::nextafter(lowest, 2.0F)}) {
      EXPECT_EQ(score >= lowest, static_cast<double>(score) >= threshold) << threshold << ", " << score;
    }
  }
  EXPECT_TRUE(std::isnan(lowest_called(std::numeric_limits<double>::quiet_NaN())));
}

}  // namespace
}  // namespace niwaki
