#include "niwaki/metrics/classification.hpp"

#include <vector>

#include <gtest/gtest.h>

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
  EXPECT_DOUBLE_EQ(f1(confusion), 2.0 * 0.375 * 0.75 / (0.375 + 0.75));
}

TEST(Classification, nothing_to_divide_by_is_zero) {
  EXPECT_EQ(precision(Confusion{0, 0, 4, 9}), 0.0);
  EXPECT_EQ(recall(Confusion{0, 3, 0, 9}), 0.0);
  EXPECT_EQ(f1(Confusion{0, 0, 0, 9}), 0.0);
}

}  // namespace
}  // namespace niwaki
