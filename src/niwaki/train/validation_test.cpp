#include "niwaki/train/validation.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace niwaki {
namespace {

constexpr Label kYes = Label::kPositive;
constexpr Label kNo = Label::kNegative;
constexpr Label kWho = Label::kUnknown;

TEST(ValidationFigures, are_those_by_hand) {
  // Three images, two classes. Class 0 by falling logit: no, yes (the third is unknown), so its precision is 1/2; class
  // 1: yes, no, yes, so (1 + 2/3) / 2.
  const std::vector<float> logits = {-1, 2, 3, 0.5F, 100, -4};
  const std::vector<Label> labels = {kYes, kYes, kNo, kNo, kWho, kYes};
  const ValidationFigures figures = validation_figures({logits.data(), 3, 2}, {labels.data(), 3, 2});
  const double sum = std::log(1 + std::exp(1.0)) + std::log(1 + std::exp(-2.0)) + std::log(1 + std::exp(3.0)) +
                     std::log(1 + std::exp(0.5)) + std::log(1 + std::exp(4.0));
  EXPECT_NEAR(figures.loss, sum / 5, 1e-12);
  EXPECT_NEAR(figures.average_precision, (1.0 / 2 + 5.0 / 6) / 2, 1e-12);
}

TEST(ValidationFigures, the_loss_of_large_logits_does_not_overflow) {
  const std::vector<float> logits = {1e4F, -1e4F};
  const std::vector<Label> labels = {kNo, kNo};
  EXPECT_DOUBLE_EQ(validation_figures({logits.data(), 2, 1}, {labels.data(), 2, 1}).loss, 5e3);
}

TEST(ValidationFigures, what_cannot_be_known_is_nan) {
  const std::vector<float> logits = {1, 2};
  const std::vector<Label> unknown = {kWho, kWho};
  EXPECT_TRUE(std::isnan(validation_figures({logits.data(), 2, 1}, {unknown.data(), 2, 1}).loss));
  const std::vector<Label> negative = {kNo, kNo};
  const ValidationFigures figures = validation_figures({logits.data(), 2, 1}, {negative.data(), 2, 1});
  EXPECT_TRUE(std::isfinite(figures.loss));
  EXPECT_TRUE(std::isnan(figures.average_precision));
  const std::vector<float> broken = {1, std::numeric_limits<float>::quiet_NaN()};
  const std::vector<Label> both = {kYes, kNo};
  EXPECT_TRUE(std::isnan(validation_figures({broken.data(), 2, 1}, {both.data(), 2, 1}).loss));
}

}  // namespace
}  // namespace niwaki
