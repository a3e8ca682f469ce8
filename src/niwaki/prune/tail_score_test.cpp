#include "niwaki/prune/tail_score.hpp"

#include <cmath>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

using ::testing::AllOf;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<std::string> kClasses = {"Edema", "Mass", "Hernia"};

std::vector<TailGroup> groups_of(const TailOptions& options, std::vector<std::size_t> positives) {
  return tail_groups(kClasses, options, [&](const std::vector<std::size_t>& classes) {
    std::size_t least = positives[classes[0]];
    for (const std::size_t c : classes) {
      least = std::min(least, positives[c]);
    }
    return least;
  });
}

std::string message_of(const TailOptions& options) {
  try {
    groups_of(options, {1, 1, 1});
  } catch (const InputError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(TailWeights, are_the_formula) {
  const TailOptions options{.rarity_exponent = 0.5, .rarity_shrinkage = 20};
  const std::vector<double> weights = tail_weights(groups_of(options, {900, 100, 4}), options);
  // r = 1/30, 1/10, 1/2; R = 0.63333 / 3 = 0.21111; l = 900/920, 100/120, 4/24
  const double edema = 900.0 / 920 / 30 + 20.0 / 920 * 0.2111111;
  const double mass = 100.0 / 120 / 10 + 20.0 / 120 * 0.2111111;
  const double hernia = 4.0 / 24 / 2 + 20.0 / 24 * 0.2111111;
  const double sum = edema + mass + hernia;
  EXPECT_THAT(weights,
              ElementsAre(DoubleNear(edema / sum, 1e-6), DoubleNear(mass / sum, 1e-6), DoubleNear(hernia / sum, 1e-6)));
}

TEST(TailWeights, nothing_without_positives_and_all_alike_without_exponent) {
  TailOptions options{.rarity_exponent = 0, .rarity_shrinkage = 0};
  EXPECT_THAT(tail_weights(groups_of(options, {900, 0, 4}), options), ElementsAre(0.5, 0, 0.5));
  EXPECT_THAT(tail_weights(groups_of(options, {0, 0, 0}), options), ElementsAre(0, 0, 0));
  options.class_weights = {"Edema=0", "Mass = 3"};
  EXPECT_THAT(tail_weights(groups_of(options, {5, 5, 5}), options), ElementsAre(0, 0.75, 0.25));
}

TEST(TailWeights, protection_multiplies_and_pairs_come_as_groups_of_their_own) {
  const TailOptions options{.protect_classes = {"Mass"},
                            .protect_pairs = {"Edema|Hernia"},
                            .protection = 3,
                            .rarity_exponent = 0,
                            .rarity_shrinkage = 0};
  const std::vector<TailGroup> groups = groups_of(options, {5, 5, 2});
  ASSERT_EQ(groups.size(), 4U);
  EXPECT_EQ(groups[3].name, "Edema|Hernia");
  EXPECT_THAT(groups[3].classes, ElementsAre(0, 2));
  EXPECT_EQ(groups[3].positives, 2U);
  EXPECT_THAT(tail_weights(groups, options), ElementsAre(0.125, 0.375, 0.125, 0.375));
}

TEST(TailOptions, refuse_what_cannot_be_meant) {
  EXPECT_THAT(message_of({.class_weights = {"Hernai=2"}}),
              AllOf(HasSubstr("no class 'Hernai'"), HasSubstr("'Hernia'"), HasSubstr("prune.class_weights")));
  EXPECT_THAT(message_of({.class_weights = {"Hernia"}}), HasSubstr("'Hernia' is no class weight"));
  EXPECT_THAT(message_of({.class_weights = {"Hernia=-1"}}), HasSubstr("no class weight"));
  EXPECT_THAT(message_of({.protect_classes = {"Cat"}}), HasSubstr("prune.protect_classes"));
  EXPECT_THAT(message_of({.protect_pairs = {"Edema"}}), HasSubstr("no pair of classes"));
  EXPECT_THAT(message_of({.protect_pairs = {"Edema|Edema"}}), HasSubstr("no pair of classes"));
  EXPECT_THAT(message_of({.protect_pairs = {"Edema|Cat"}}), HasSubstr("prune.protect_pairs"));
  EXPECT_THAT(message_of({.protection = 0.5}), HasSubstr("prune.protection"));
  EXPECT_THAT(message_of({.rarity_exponent = NAN}), HasSubstr("prune.rarity_exponent"));
  EXPECT_THAT(message_of({.rarity_shrinkage = -1}), HasSubstr("prune.rarity_shrinkage"));
}

/// All classes at once, by the formula.
TEST(TailCombination, is_the_formula_of_shares_that_sum_to_one) {
  RandomStream random(4, "test");
  const auto numbers = [&](std::size_t count) {
    std::vector<float> values(count);
    for (float& value : values) {
      value = static_cast<float>(random.normal() * std::pow(10, random.uniform(-3, 3)));
    }
    return values;
  };
  const std::vector<std::vector<float>> weights = {numbers(7), numbers(5)};
  const std::vector<double> group_weights = {0.2, 0.5, 0.3};
  TailCombination combination({weights[0], weights[1]});
  std::vector<std::vector<double>> sum = {std::vector<double>(7), std::vector<double>(5)};
  std::vector<std::vector<double>> worst = sum;
  for (const double group_weight : group_weights) {
    std::vector<std::vector<float>> squares = {numbers(7), numbers(5)};
    double total = 0;
    for (std::size_t layer = 0; layer < 2; ++layer) {
      for (std::size_t i = 0; i < squares[layer].size(); ++i) {
        squares[layer][i] = std::abs(squares[layer][i]);
        total += static_cast<double>(weights[layer][i]) * weights[layer][i] * squares[layer][i];
      }
    }
    for (std::size_t layer = 0; layer < 2; ++layer) {
      for (std::size_t i = 0; i < squares[layer].size(); ++i) {
        const double share =
            static_cast<double>(weights[layer][i]) * weights[layer][i] * squares[layer][i] / total * group_weight;
        sum[layer][i] += share;
        worst[layer][i] = std::max(worst[layer][i], share);
      }
    }
    EXPECT_TRUE(combination.add(squares, group_weight));
  }
  WeightStatistics statistics;
  statistics.layers.resize(2);
  combination.give_to(statistics);
  double all = 0;
  for (std::size_t layer = 0; layer < 2; ++layer) {
    for (std::size_t i = 0; i < sum[layer].size(); ++i) {
      EXPECT_NEAR(statistics.layers[layer].tail_sum[i], sum[layer][i], 1e-6 * sum[layer][i]);
      EXPECT_NEAR(statistics.layers[layer].tail_worst[i], worst[layer][i], 1e-6 * worst[layer][i]);
      all += statistics.layers[layer].tail_sum[i];
    }
  }
  EXPECT_NEAR(all, 1, 1e-6);
}

TEST(TailCombination, a_class_that_no_weight_moves_adds_nothing) {
  const std::vector<float> weights = {1, 2};
  TailCombination combination({weights});
  EXPECT_FALSE(combination.add({{0, 0}}, 1));
  WeightStatistics statistics;
  statistics.layers.resize(1);
  combination.give_to(statistics);
  EXPECT_THAT(statistics.layers[0].tail_sum, ElementsAre(0, 0));
}

}  // namespace
}  // namespace niwaki
