#include "niwaki/budget/class_losses.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace niwaki {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

constexpr Label kYes = Label::kPositive;
constexpr Label kNo = Label::kNegative;
constexpr Label kOpen = Label::kUnknown;

std::vector<double> losses(const std::vector<float>& dense, const std::vector<float>& pruned,
                           const std::vector<Label>& labels, std::size_t classes = 1) {
  const std::size_t rows = labels.size() / classes;
  return class_losses({dense.data(), rows, classes}, {pruned.data(), rows, classes}, {labels.data(), rows, classes});
}

TEST(ClassLosses, positives_and_others_weigh_the_same) {
  // As if the positive stood there three times: means 1 and 4/3; sums of products over those six pictures by hand.
  const double r = (3 * 2.0 * 1 + 0 + 2 * 1 + 1 * 3 - 6 * (3 * 2.0 + 0 + 2 + 1) / 6 * (3 * 1.0 + 0 + 1 + 3) / 6) /
                   std::sqrt((3 * 4.0 + 4 + 1 - 9.0 * 9 / 6) * (3 * 1.0 + 1 + 9 - 7.0 * 7 / 6));
  EXPECT_THAT(losses({2, 0, 2, 1}, {1, 0, 1, 3}, {kYes, kNo, kNo, kNo}), ElementsAre(DoubleNear(1 - r * r, 1e-12)));
}

TEST(ClassLosses, scale_and_shift_lose_nothing_and_the_contrary_loses_twice) {
  const std::vector<Label> labels = {kYes, kNo, kNo, kYes};
  EXPECT_THAT(losses({0, 2, 1, 4}, {1, 7, 4, 13}, labels), ElementsAre(DoubleNear(0, 1e-12)));
  EXPECT_THAT(losses({0, 2, 1, 4}, {0, -2, -1, -4}, labels), ElementsAre(DoubleNear(2, 1e-12)));
  EXPECT_THAT(losses({0, 2, 1, 4}, {5, 5, 5, 5}, labels), ElementsAre(1.0));
}

TEST(ClassLosses, a_loss_tells_the_correlation) {
  for (const double r : {-1.0, -0.25, 0.0, 0.5, 1.0}) {
    EXPECT_NEAR(correlation_of(1 - r * std::abs(r)), r, 1e-12);
  }
}

TEST(ClassLosses, an_unknown_label_counts_for_nothing) {
  EXPECT_EQ(losses({0, 2, 3, 4}, {1, 2, 2, 400}, {kYes, kNo, kNo, kOpen}),
            losses({0, 2, 3, 4}, {1, 2, 2, 4}, {kYes, kNo, kNo, kOpen}));
}

TEST(ClassLosses, a_class_without_a_positive_goes_by_the_others) {
  EXPECT_THAT(losses({0, 1, 2}, {0, 2, 2}, {kNo, kNo, kNo}), ElementsAre(DoubleNear(0.25, 1e-12)));
}

TEST(ClassLosses, logits_that_never_vary_have_nothing_to_lose) {
  EXPECT_THAT(losses({1, 1, 1}, {1, 2, 3}, {kNo, kYes, kNo}), ElementsAre(0.0));
}

TEST(ClassLosses, each_class_has_its_own) {
  const std::vector<double> both = losses({0, 0, 2, 4, 3, 1}, {1, 0, 2, 2, 1, 3}, {kYes, kNo, kNo, kYes, kNo, kNo}, 2);
  EXPECT_THAT(both, ElementsAre(losses({0, 2, 3}, {1, 2, 1}, {kYes, kNo, kNo})[0],
                                losses({0, 4, 1}, {0, 2, 3}, {kNo, kYes, kNo})[0]));
}

}  // namespace
}  // namespace niwaki
