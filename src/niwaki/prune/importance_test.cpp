#include "niwaki/prune/importance.hpp"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::Pointwise;

/// A grouped convolution [4, 1, 1, 2] of 2 groups and a linear layer [2, 4].
Graph two_layers() {
  Graph graph;
  graph.add_tensor("w1", {{4, 1, 1, 2}, {1, -2, 3, -4, 0.5F, 6, -7, 0}});
  graph.add_tensor("w2", {{2, 4}, {0.1F, -0.1F, 0.3F, 0, 2, -2, 0.5F, 1}});
  graph.nodes.push_back({"conv", Convolution{.groups = 2}, {"input", "w1"}, "a"});
  graph.nodes.push_back({"pool", GlobalAveragePool{}, {"a"}, "b"});
  graph.nodes.push_back({"flat", Flatten{}, {"b"}, "c"});
  graph.nodes.push_back({"fc", Linear{}, {"c", "w2"}, "logits"});
  return graph;
}

WeightStatistics statistics() {
  WeightStatistics result;
  result.layers.push_back({.tensor = "w1",
                           .input_norms = {10, 20, 30, 40},
                           .mean_gradient = {1, 2, -3, 4, 5, -6, 7, 8},
                           .mean_squared_gradient = {1, 1, 2, 2, 3, 3, 4, 4}});
  result.layers.push_back({.tensor = "w2",
                           .input_norms = {1, 2, 3, 4},
                           .mean_gradient = {1, 1, 1, 1, -2, -2, -2, 0},
                           .mean_squared_gradient = {9, 8, 7, 6, 5, 4, 3, 2}});
  return result;
}

TEST(Importance, magnitude_is_the_absolute_value) {
  EXPECT_THAT(magnitudes(two_layers())[0], ElementsAre(1, 2, 3, 4, 0.5F, 6, 7, 0));
}

TEST(Importance, wanda_takes_the_norm_of_the_weights_own_group_and_place) {
  const Importance scores = weighted_by_input(two_layers(), statistics());
  EXPECT_THAT(scores[0], ElementsAre(10, 40, 30, 80, 15, 240, 210, 0));
  EXPECT_THAT(scores[1], Pointwise(FloatEq(), {0.1F, 0.2F, 0.9F, 0.0F, 2.0F, 4.0F, 1.5F, 4.0F}));
}

TEST(Importance, taylor_and_fisher_multiply_by_gradient_and_its_square) {
  EXPECT_THAT(first_order_taylor(two_layers(), statistics())[0], ElementsAre(1, 4, 9, 16, 2.5F, 36, 49, 0));
  EXPECT_THAT(diagonal_fisher(two_layers(), statistics())[0], ElementsAre(1, 4, 18, 32, 0.75F, 108, 196, 0));
}

/// The definition, weight by weight: w^2 over the sum of those that are larger, or equal and not before it.
std::vector<double> plain_lamp(const std::vector<float>& weights) {
  std::vector<double> scores;
  for (std::size_t u = 0; u < weights.size(); ++u) {
    const double square = static_cast<double>(weights[u]) * weights[u];
    double sum = 0;
    for (std::size_t v = 0; v < weights.size(); ++v) {
      const double other = static_cast<double>(weights[v]) * weights[v];
      sum += other > square || (other == square && v >= u) ? other : 0;
    }
    scores.push_back(sum > 0 ? square / sum : 0);
  }
  return scores;
}

TEST(Importance, lamp_is_the_definition_ties_and_zeros_included) {
  RandomStream random(3, "test");
  for (int round = 0; round < 20; ++round) {
    Graph graph = two_layers();
    for (const char* name : {"w1", "w2"}) {
      for (float& value : graph.tensor(name).values) {
        value =
            round % 2 == 0 ? static_cast<float>(random.normal()) : static_cast<float>(random.below(7)) * 0.25F - 0.75F;
      }
    }
    const Importance scores = layer_adaptive_magnitudes(graph);
    for (std::size_t layer = 0; layer < 2; ++layer) {
      const std::vector<double> expected = plain_lamp(graph.tensor(layer == 0 ? "w1" : "w2").values);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_NEAR(scores[layer][i], expected[i], 1e-6) << "round " << round << ", weight " << i;
      }
    }
  }
}

TEST(Importance, lamp_of_a_layer_of_zeros_is_zero_and_the_largest_weight_scores_one) {
  Graph graph = two_layers();
  std::ranges::fill(graph.tensor("w1").values, 0.0F);
  const Importance scores = layer_adaptive_magnitudes(graph);
  EXPECT_THAT(scores[0], ElementsAre(0, 0, 0, 0, 0, 0, 0, 0));
  EXPECT_EQ(*std::ranges::max_element(scores[1]), 1);
}

/// By comparing each two weights of a layer.
TEST(Importance, tail_orders_within_layers_and_leaves_their_shares_to_lamp) {
  RandomStream random(9, "test");
  Graph graph = two_layers();
  WeightStatistics gathered = statistics();
  for (std::size_t layer = 0; layer < 2; ++layer) {
    Tensor& weight = graph.tensor(gathered.layers[layer].tensor);
    for (std::size_t i = 0; i < weight.size(); ++i) {
      weight.values[i] = static_cast<float>(random.normal());
      gathered.layers[layer].tail_sum.push_back(static_cast<float>(std::pow(10, random.uniform(-30, 0))));
    }
    weight.values[2] = 0;  // goes first
    gathered.layers[layer].tail_sum[2] = 0;
  }
  const Importance scores = tail_aware(graph, gathered, &LayerStatistics::tail_sum);
  const Importance lamp = layer_adaptive_magnitudes(graph);
  for (std::size_t layer = 0; layer < 2; ++layer) {
    std::vector<float> ours = scores[layer];
    std::vector<float> budget = lamp[layer];
    std::ranges::sort(ours);
    std::ranges::sort(budget);
    EXPECT_EQ(ours, budget);
    EXPECT_EQ(scores[layer][2], 0);
    const auto mix = [&](std::size_t i) {
      const double weight = graph.tensor(gathered.layers[layer].tensor).values[i];
      return std::pow(std::abs(weight), 1.5) * std::pow(static_cast<double>(gathered.layers[layer].tail_sum[i]), 0.25);
    };
    for (std::size_t a = 0; a < ours.size(); ++a) {
      for (std::size_t b = 0; b < ours.size(); ++b) {
        EXPECT_TRUE(mix(a) >= mix(b) || scores[layer][a] <= scores[layer][b]) << layer << ": " << a << ", " << b;
      }
    }
  }
}

}  // namespace
}  // namespace niwaki
