#include "niwaki/budget/class_losses.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

constexpr Label kYes = Label::kPositive;
constexpr Label kNo = Label::kNegative;
constexpr Label kOpen = Label::kUnknown;

std::vector<double> losses(const std::vector<float>& dense, const std::vector<float>& pruned,
                           const std::vector<Label>& labels, std::size_t classes = 1,
                           const std::vector<double>& weights = {}) {
  const std::size_t rows = labels.size() / classes;
  return ClassLosses({dense.data(), rows, classes}, {labels.data(), rows, classes}, weights)
      .of({pruned.data(), rows, classes});
}

TEST(ClassLosses, is_the_share_of_average_precision_that_is_gone) {
  // 1/2 (1/1 + 2/2), then 1/2 (1/2 + 2/4). Of a single class the mean over classes is its own loss.
  EXPECT_THAT(losses({4, 3, 2, 1}, {3, 1, 4, 2}, {kYes, kYes, kNo, kNo}), ElementsAre(DoubleNear(0.5, 1e-12)));
}

TEST(ClassLosses, scale_and_shift_lose_nothing_and_neither_does_a_better_order) {
  const std::vector<Label> labels = {kYes, kNo, kNo, kYes};
  EXPECT_THAT(losses({0, 2, 1, 4}, {1, 7, 4, 13}, labels), ElementsAre(0.0));
  EXPECT_THAT(losses({0, 2, 1, 4}, {5, 2, 1, 4}, labels), ElementsAre(0.0));
}

TEST(ClassLosses, few_positives_are_drawn_towards_the_mean_over_classes) {
  // Class 0 loses half with one positive, class 1 nothing with two, class 2 has none.
  const std::vector<float> dense = {3, 3, 0, 2, 2, 0, 1, 1, 0};
  const std::vector<float> pruned = {2, 3, 0, 3, 2, 0, 1, 1, 0};
  const std::vector<Label> labels = {kYes, kYes, kNo, kNo, kYes, kNo, kNo, kNo, kNo};
  EXPECT_THAT(losses(dense, pruned, labels, 3),
              ElementsAre(DoubleNear((0.5 + kShrinkage * 0.25) / (1 + kShrinkage), 1e-12),
                          DoubleNear(kShrinkage * 0.25 / (2 + kShrinkage), 1e-12), DoubleNear(0.25, 1e-12)));
}

TEST(ClassLosses, what_one_class_gains_hides_no_loss_of_another) {
  // Class 0 rises from 1/4 to 1, class 1 falls from 1 to 1/2.
  const std::vector<float> dense = {1, 4, 2, 3, 3, 2, 4, 1};
  const std::vector<float> pruned = {4, 3, 3, 4, 2, 2, 1, 1};
  const std::vector<Label> labels = {kYes, kYes, kNo, kNo, kNo, kNo, kNo, kNo};
  const double share = kShrinkage * 0.25;
  EXPECT_THAT(losses(dense, pruned, labels, 2), ElementsAre(DoubleNear(share / (1 + kShrinkage), 1e-12),
                                                            DoubleNear((0.5 + share) / (1 + kShrinkage), 1e-12)));
}

TEST(ClassLosses, an_unknown_label_counts_for_nothing) {
  EXPECT_EQ(losses({0, 2, 3, 4}, {1, 2, 2, 400}, {kYes, kNo, kNo, kOpen}),
            losses({0, 2, 3, 4}, {1, 2, 2, 4}, {kYes, kNo, kNo, kOpen}));
}

TEST(ClassLosses, a_picture_counts_by_its_weight) {
  EXPECT_THAT(losses({3, 2}, {2, 3}, {kYes, kNo}, 1, {1, 3}), ElementsAre(DoubleNear(0.75, 1e-12)));
}

TEST(ClassLosses, without_any_positive_there_is_nothing_to_measure) {
  EXPECT_THROW(losses({3, 2}, {2, 3}, {kNo, kOpen}), InputError);
}

}  // namespace
}  // namespace niwaki
