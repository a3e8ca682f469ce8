#include "niwaki/train/losses.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::FloatNear;
using ::testing::HasSubstr;

constexpr Label kYes = Label::kPositive;
constexpr Label kNo = Label::kNegative;
constexpr Label kWho = Label::kUnknown;

/// Labels of `counts.size()` classes, the first counts[c] of a class's rows positive, the others negative.
std::vector<Label> labels_with(const std::vector<std::size_t>& counts, std::size_t rows) {
  std::vector<Label> labels(rows * counts.size(), kNo);
  for (std::size_t c = 0; c < counts.size(); ++c) {
    for (std::size_t row = 0; row < counts[c]; ++row) {
      labels[row * counts.size() + c] = kYes;
    }
  }
  return labels;
}

LabelLoss loss_for(const LossOptions& options, const std::vector<std::size_t>& counts, std::size_t rows = 1000) {
  const std::vector<Label> labels = labels_with(counts, rows);
  return label_loss(options, {labels.data(), rows, counts.size()});
}

/// The formulas of the header as they stand there, in double, for logits at which nothing rounds away.
struct PlainLoss {
  LossOptions options;
  std::vector<double> n;  // positives of each class among 1000
  bool reweighted = false;

  [[nodiscard]] double operator()(double z, double y, std::size_t c) const {
    const std::string& name = options.name;
    const double p = probability(z);
    if (name == "weighted-bce") {
      const double w = n[c] > 0 ? std::max(1.0, std::min(options.weight_cap, (1000 - n[c]) / n[c])) : 1;
      return -y * w * std::log(p) - (1 - y) * std::log(1 - p);
    }
    if (name == "focal") {
      return -y * std::pow(1 - p, options.focal_gamma) * std::log(p) -
             (1 - y) * std::pow(p, options.focal_gamma) * std::log(1 - p);
    }
    if (name == "asymmetric") {
      const double q = std::max(p - options.probability_shift, 0.0);
      return -y * std::pow(1 - p, options.gamma_positive) * std::log(p) -
             (1 - y) * std::pow(q, options.gamma_negative) * std::log(1 - q);
    }
    if (name == "class-balanced") {
      return balance(c) * cross_entropy(z, y);
    }
    if (name == "ldam") {
      const double smallest = 10;
      const double d = n[c] > 0 ? options.largest_margin / std::pow(n[c] / smallest, 0.25) : 0;
      return (reweighted ? balance(c) : 1) * cross_entropy(y > 0 ? z - d : z, y);
    }
    return cross_entropy(z, y);
  }

 private:
  static double probability(double z) { return 1 / (1 + std::exp(-z)); }
  static double cross_entropy(double z, double y) { return -std::log(y > 0 ? probability(z) : 1 - probability(z)); }
  [[nodiscard]] double balance(std::size_t c) const {
    const auto raw = [&](double count) {
      return (1 - options.effective_beta) / (1 - std::pow(options.effective_beta, count));
    };
    double sum = 0;
    double classes = 0;
    for (const double count : n) {
      sum += count > 0 ? raw(count) : 0;
      classes += count > 0 ? 1 : 0;
    }
    return n[c] > 0 ? raw(n[c]) * classes / sum : 1;
  }
};

const std::vector<std::size_t> kCounts = {400, 10, 0, 60};

/// Every label at logits from -6 to 6 against the plain formula and its central difference.
void expect_plain(const LossOptions& options, bool reweighted = false) {
  LabelLoss loss = loss_for(options, kCounts);
  loss.reweighted = reweighted;
  const PlainLoss plain{.options = options, .n = {400, 10, 0, 60}, .reweighted = reweighted};
  std::vector<float> logits;
  std::vector<Label> labels;
  for (int step = 0; step < 50; ++step) {
    for (std::size_t c = 0; c < kCounts.size(); ++c) {
      logits.push_back(static_cast<float>(-6 + 0.24 * step + 0.013 * static_cast<double>(c)));
      labels.push_back(step % 7 == 6 ? kWho : (step + c) % 2 == 0 ? kYes : kNo);
    }
  }
  const LossValues found = loss_values(loss, {logits.data(), 50, 4}, {labels.data(), 50, 4});
  double sum = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double z = logits[i];
    const double y = labels[i] == kYes ? 1 : 0;
    const double known = labels[i] == kWho ? 0 : 1;
    const double value = known * plain(z, y, i % 4);
    const double slope = known * (plain(z + 1e-5, y, i % 4) - plain(z - 1e-5, y, i % 4)) / 2e-5;
    EXPECT_NEAR(found.values[i], value, 1e-6 * (1 + value)) << options.name << " at " << z << ", label " << y;
    EXPECT_NEAR(found.derivatives[i], slope, 1e-6) << options.name << " at " << z << ", label " << y;
    sum += value;
  }
  const LossSum total = total_loss(loss, {logits.data(), 50, 4}, {labels.data(), 50, 4});
  EXPECT_NEAR(total.sum, sum, 1e-5);
  EXPECT_EQ(total.known, static_cast<double>(std::ranges::count_if(labels, [](Label l) { return l != kWho; })));
}

TEST(Losses, each_is_its_formula_and_its_gradient) {
  for (const LossDescription& loss : losses()) {
    expect_plain({.name = loss.name});
  }
  EXPECT_EQ(losses().size(), 6U);
}

TEST(Losses, each_follows_its_numbers) {
  expect_plain({.name = "weighted-bce", .weight_cap = 3});
  expect_plain({.name = "focal", .focal_gamma = 0.5});
  expect_plain({.name = "asymmetric", .gamma_positive = 0, .gamma_negative = 1, .probability_shift = 0.2});
  expect_plain({.name = "asymmetric", .gamma_positive = 0.5, .gamma_negative = 2.5, .probability_shift = 0});
  expect_plain({.name = "class-balanced", .effective_beta = 0});
  expect_plain({.name = "ldam", .largest_margin = 2}, false);
  expect_plain({.name = "ldam", .effective_beta = 0.9999}, true);
}

TEST(Losses, without_their_twist_all_are_binary_cross_entropy) {
  const std::vector<LossOptions> untwisted = {
      {.name = "weighted-bce", .weight_cap = 1},
      {.name = "focal", .focal_gamma = 0},
      {.name = "asymmetric", .gamma_positive = 0, .gamma_negative = 0, .probability_shift = 0},
      {.name = "class-balanced", .effective_beta = 0},
      {.name = "ldam", .largest_margin = 0}};
  const std::vector<float> logits = {3, -2, 0.5F, -7, 0, 1, 2, 30};
  const std::vector<Label> labels = {kYes, kNo, kNo, kYes, kWho, kYes, kYes, kNo};
  const LossValues expected = loss_values({}, {logits.data(), 2, 4}, {labels.data(), 2, 4});
  for (const LossOptions& options : untwisted) {
    const LossValues found = loss_values(loss_for(options, kCounts), {logits.data(), 2, 4}, {labels.data(), 2, 4});
    for (std::size_t i = 0; i < logits.size(); ++i) {
      EXPECT_NEAR(found.values[i], expected.values[i], 1e-12) << options.name;
      EXPECT_NEAR(found.derivatives[i], expected.derivatives[i], 1e-12) << options.name;
    }
  }
}

TEST(Losses, stay_finite_at_logits_as_large_as_floats_go) {
  const std::vector<float> logits = {1e4F, -1e4F, 200, -200, 1e30F, -1e30F, 90, -90};
  for (const Label label : {kYes, kNo, kWho}) {
    const std::vector<Label> labels(8, label);
    for (const LossDescription& loss : losses()) {
      for (const double shift : {0.0, 0.05}) {
        const LabelLoss one = loss_for({.name = loss.name, .focal_gamma = 0.5, .probability_shift = shift}, kCounts);
        const LossValues found = loss_values(one, {logits.data(), 2, 4}, {labels.data(), 2, 4});
        for (std::size_t i = 0; i < logits.size(); ++i) {
          EXPECT_TRUE(std::isfinite(found.values[i])) << loss.name << " at " << logits[i];
          EXPECT_TRUE(std::isfinite(found.derivatives[i])) << loss.name << " at " << logits[i];
        }
      }
    }
  }
}

TEST(Losses, weights_are_those_by_hand) {
  const LabelLoss loss = loss_for({.weight_cap = 20, .effective_beta = 0.5, .largest_margin = 1}, {500, 16, 1, 0});
  EXPECT_THAT(loss.positive_weights, ElementsAre(1, 20, 20, 1));
  // (1 - 0.5) / (1 - 0.5^n) is 0.5, 0.500008 and 1; their mean is 0.666669.
  EXPECT_THAT(loss.class_weights,
              ElementsAre(FloatNear(0.75F, 1e-5F), FloatNear(0.75F, 2e-5F), FloatNear(1.5F, 1e-5F), 1));
  EXPECT_THAT(loss.margins, ElementsAre(FloatNear(0.21147F, 1e-5F), FloatEq(0.5F), 1, 0));
}

TEST(Losses, unknown_labels_are_no_frequency) {
  const std::vector<Label> some = {kYes, kWho, kNo, kYes, kNo, kWho, kNo, kWho, kNo, kWho};
  const LabelLoss loss = label_loss({.weight_cap = 100}, {some.data(), 5, 2});
  EXPECT_THAT(loss.positive_weights, ElementsAre(4, 1));
}

TEST(Losses, where_no_class_has_a_positive_all_is_plain) {
  const LabelLoss loss = loss_for({}, {0, 0});
  EXPECT_THAT(loss.positive_weights, ElementsAre(1, 1));
  EXPECT_THAT(loss.class_weights, ElementsAre(1, 1));
  EXPECT_THAT(loss.margins, ElementsAre(0, 0));
}

TEST(Losses, reweighting_begins_after_its_share_of_the_epochs) {
  const LossOptions options{.name = "ldam", .reweight_after = 0.8};
  EXPECT_FALSE(reweights_in(options, 8, 10));
  EXPECT_TRUE(reweights_in(options, 9, 10));
  EXPECT_FALSE(reweights_in({}, 10, 10));
  EXPECT_TRUE(reweights_in({.reweight_after = 0}, 1, 10));
}

TEST(LossOptions, what_is_out_of_range_is_named) {
  const double nan = std::nan("");
  const std::vector<std::pair<std::string, LossOptions>> wrong = {
      {"train.loss", {.name = "hinge"}},
      {"train.weight_cap", {.weight_cap = 0.5}},
      {"train.focal_gamma", {.focal_gamma = -1}},
      {"train.gamma_positive", {.gamma_positive = nan}},
      {"train.gamma_negative", {.gamma_negative = 0.5}},
      {"train.probability_shift", {.probability_shift = 1}},
      {"train.effective_beta", {.effective_beta = 1}},
      {"train.largest_margin", {.largest_margin = INFINITY}},
      {"train.reweight_after", {.reweight_after = 1.1}},
  };
  for (const auto& [field, options] : wrong) {
    try {
      options.check();
      ADD_FAILURE() << field << ": no error";
    } catch (const InputError& error) {
      EXPECT_EQ(error.where(), field);
    }
  }
  EXPECT_NO_THROW(LossOptions().check());
}

TEST(LossOptions, an_unknown_loss_is_answered_with_the_nearest) {
  try {
    LossOptions{.name = "assymetric"}.check();
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'asymmetric'"));
  }
}

}  // namespace
}  // namespace niwaki
