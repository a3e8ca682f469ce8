#include "niwaki/train/class_constraints.hpp"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

using ::testing::Each;
using ::testing::FloatEq;

constexpr Label kYes = Label::kPositive;
constexpr Label kNo = Label::kNegative;
constexpr Label kWho = Label::kUnknown;

/// 100 images, three classes: 50 positives, 10, none.
std::vector<Label> three_classes() {
  std::vector<Label> labels;
  for (int i = 0; i < 100; ++i) {
    labels.insert(labels.end(), {i < 50 ? kYes : kNo, i < 10 ? kYes : kNo, kNo});
  }
  return labels;
}

ClassConstraints constraints(const ConstraintOptions& options) {
  const std::vector<Label> labels = three_classes();
  return {options, {labels.data(), 100, 3}};
}

/// Two pictures of these logits and the dense network's, all labels negative.
std::vector<ClassStanding> epoch(ClassConstraints& all, const std::vector<float>& logits,
                                 const std::vector<float>& dense, std::vector<float> known = {1, 1, 1, 1, 1, 1}) {
  const std::vector<float> targets(6, 0);
  all.add({.targets = targets, .known = known, .dense_logits = dense}, logits);
  return all.end_epoch();
}

TEST(ClassConstraints, without_exponent_and_step_all_weigh_alike) {
  ClassConstraints all = constraints({.step = 0, .tail_exponent = 0});
  epoch(all, {3, 3, 3, 3, 3, 3}, {-3, -3, -3, -3, -3, -3});
  EXPECT_THAT(all.weights(), Each(FloatEq(1)));
}

TEST(ClassConstraints, tail_weights_are_those_by_hand_and_shrunk) {
  const double common = std::log(2);
  const double rare = -0.1 * std::log(0.1) - 0.9 * std::log(0.9);
  const double mean = (common + rare) / 2;
  for (const double shrinkage : {0.0, 10.0}) {
    const ClassConstraints all = constraints({.tail_exponent = 0.7, .tail_shrinkage = shrinkage});
    const double first = 1 + 50 / (50 + shrinkage) * (std::pow(mean / common, 0.7) - 1);
    const double second = 1 + 10 / (10 + shrinkage) * (std::pow(mean / rare, 0.7) - 1);
    const double scale = (first + second + 1) / 3;
    EXPECT_NEAR(all.weights()[0], first / scale, 1e-6);
    EXPECT_NEAR(all.weights()[1], second / scale, 1e-6);
    EXPECT_NEAR(all.weights()[2], 1 / scale, 1e-6);  // without a positive: as it is
  }
}

TEST(ClassConstraints, who_is_behind_is_raised_and_who_is_ahead_comes_down_again) {
  ClassConstraints all = constraints({.step = 1, .largest = 1.5, .tail_exponent = 0, .tail_shrinkage = 10});
  const std::vector<float> dense = {-1, -1, -1, -1, -1, -1};
  // Class 0 is as good as dense, class 1 is far behind (its gap is cut to 1), class 2 too, but it has no positive.
  const std::vector<ClassStanding> first = epoch(all, {-1, 3, 3, -1, 3, 3}, dense);
  EXPECT_NEAR(first[1].loss, std::log1p(std::exp(3.0)), 1e-6);
  EXPECT_NEAR(first[1].dense_loss, std::log1p(std::exp(-1.0)), 1e-6);
  EXPECT_EQ(first[1].weight, 1);
  const double raised = 1 + 10.0 / (10 + 10);
  EXPECT_NEAR(all.weights()[1], raised * 3 / (raised + 2), 1e-6);
  EXPECT_NEAR(all.weights()[2], 3 / (raised + 2), 1e-6);
  for (int i = 0; i < 9; ++i) {
    epoch(all, {-1, 3, 3, -1, 3, 3}, dense);
  }
  EXPECT_NEAR(all.weights()[1], 2.5 * 3 / 4.5, 1e-6);  // no multiplier is larger than 1.5
  for (int i = 0; i < 9; ++i) {
    epoch(all, {-1, -4, 3, -1, -4, 3}, dense);
  }
  EXPECT_THAT(all.weights(), Each(FloatEq(1)));
}

TEST(ClassConstraints, an_epoch_without_a_known_label_changes_nothing) {
  ClassConstraints all = constraints({});
  const std::vector<float> before = all.weights();
  const std::vector<ClassStanding> none = epoch(all, {3, 3, 3, 3, 3, 3}, {-1, -1, -1, -1, -1, -1}, {0, 0, 0, 0, 0, 0});
  EXPECT_EQ(all.weights(), before);
  EXPECT_EQ(none[0].loss, 0);
}

TEST(ClassConstraints, unknown_labels_are_no_frequency_and_extremes_give_numbers) {
  const std::vector<Label> labels = {kYes, kWho, kYes, kYes, kWho, kNo};  // always there, never known, half
  ClassConstraints all({.tail_exponent = 1}, {labels.data(), 2, 3});
  EXPECT_THAT(all.weights(), Each(FloatEq(1)));
  epoch(all, {1e30F, 0, 40, 1e30F, 0, 40}, {-1e30F, 0, -1e30F, -1e30F, 0, -1e30F});
  for (const float weight : all.weights()) {
    EXPECT_TRUE(std::isfinite(weight));
  }
}

TEST(ConstraintOptions, what_is_out_of_range_is_named) {
  const std::vector<std::pair<std::string, ConstraintOptions>> wrong = {
      {"finetune.constraint_step", {.step = -1}},
      {"finetune.largest_multiplier", {.largest = std::nan("")}},
      {"finetune.tail_exponent", {.tail_exponent = 3}},
      {"finetune.tail_shrinkage", {.tail_shrinkage = -1}},
  };
  for (const auto& [field, options] : wrong) {
    try {
      options.check();
      ADD_FAILURE() << field << ": no error";
    } catch (const InputError& error) {
      EXPECT_EQ(error.where(), field);
    }
  }
  EXPECT_NO_THROW(ConstraintOptions().check());
}

}  // namespace
}  // namespace niwaki
