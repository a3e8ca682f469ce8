#include "niwaki/prune/criterion.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/model/zoo/zoo.hpp"

namespace niwaki {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Graph small_network() {
  RandomStream random(1, "test");
  return build_network("resnet-small", {"a", "b", "c"}, imagenet_preprocessing(1, 64, 64), random);
}

RandomStream stream() {
  return {1, "prune/test"};
}

TEST(WeightsToPrune, rounds_half_to_even_as_python_does) {
  EXPECT_EQ(weights_to_prune(0.5, 5), 2U);   // round(2.5)
  EXPECT_EQ(weights_to_prune(0.5, 7), 4U);   // round(3.5)
  EXPECT_EQ(weights_to_prune(0.1, 25), 2U);  // round(2.5)
  EXPECT_EQ(weights_to_prune(0, 10), 0U);
  EXPECT_EQ(weights_to_prune(1, 10), 10U);
  for (const double wrong : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THROW(weights_to_prune(wrong, 10), InputError);
  }
}

const std::vector<PrunableLayer> kTwoLayers = {{"first", "Conv", "w1"}, {"second", "Gemm", "w2"}};

TEST(ChooseGlobalMask, all_layers_compete_and_ties_go_in_order) {
  const Mask mask = choose_global_mask(kTwoLayers, {{3, 1, 2}, {1, 1, 9}}, 0.5);
  EXPECT_THAT(mask.at("w1"), ElementsAre(1, 0, 1));
  EXPECT_THAT(mask.at("w2"), ElementsAre(0, 0, 1));
  const Mask fewer = choose_global_mask(kTwoLayers, {{3, 1, 2}, {1, 1, 9}}, 1.0 / 3);
  EXPECT_THAT(fewer.at("w1"), ElementsAre(1, 0, 1));
  EXPECT_THAT(fewer.at("w2"), ElementsAre(0, 1, 1));
}

TEST(ChooseGlobalMask, nothing_and_everything) {
  EXPECT_THAT(choose_global_mask(kTwoLayers, {{0, 0, 0}, {0, 1, 2}}, 0).at("w1"), ElementsAre(1, 1, 1));
  EXPECT_THAT(choose_global_mask(kTwoLayers, {{0, 0, 0}, {0, 1, 2}}, 1).at("w2"), ElementsAre(0, 0, 0));
}

TEST(ChooseGlobalMask, an_importance_that_is_no_number_is_named) {
  try {
    choose_global_mask(kTwoLayers, {{1, 2, 3}, {1, NAN, 3}}, 0.5);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'second'"));
  }
}

/// The plainest way: sort all weights by (importance, place) and drop the first ones.
std::vector<std::uint8_t> by_sorting(const std::vector<float>& scores, std::size_t count) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
  std::vector<std::uint8_t> kept(scores.size(), 1);
  for (std::size_t i = 0; i < count; ++i) {
    kept[order[i]] = 0;
  }
  return kept;
}

TEST(ChooseGlobalMask, agrees_with_plain_sorting_ties_included) {
  RandomStream random(5, "test");
  for (int round = 0; round < 50; ++round) {
    std::vector<float> scores(1 + random.below(200));
    for (float& score : scores) {
      score = static_cast<float>(random.below(20));
    }
    const double sparsity = random.uniform();
    const Mask mask = choose_global_mask({{"layer", "Conv", "w"}}, {scores}, sparsity);
    EXPECT_EQ(mask.at("w"), by_sorting(scores, weights_to_prune(sparsity, scores.size())));
  }
}

TEST(Pruned, l1_takes_the_smallest_weights_and_nothing_else) {
  const Graph dense = small_network();
  const Graph result = pruned(dense, "l1", 0.9, stream());
  const SparsityReport report = measure_sparsity(result);
  EXPECT_EQ(report.weights() - report.nonzero(), weights_to_prune(0.9, report.weights()));
  float largest_gone = 0;
  float smallest_kept = std::numeric_limits<float>::max();
  for (const PrunableLayer& layer : prunable_layers(dense)) {
    const Tensor& before = dense.tensor(layer.tensor);
    const Tensor& after = result.tensor(layer.tensor);
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (after.values[i] == 0) {
        largest_gone = std::max(largest_gone, std::abs(before.values[i]));
      } else {
        EXPECT_EQ(after.values[i], before.values[i]);
        smallest_kept = std::min(smallest_kept, std::abs(before.values[i]));
      }
    }
  }
  EXPECT_LE(largest_gone, smallest_kept);
  EXPECT_EQ(result.tensor("fc.bias"), dense.tensor("fc.bias"));
  EXPECT_EQ(result.tensor("bn1.weight"), dense.tensor("bn1.weight"));
}

TEST(Pruned, the_first_and_the_last_layer_take_part) {
  const SparsityReport report = measure_sparsity(pruned(small_network(), "random", 0.5, stream()));
  EXPECT_EQ(report.layers.front().name, "conv1");
  EXPECT_EQ(report.layers.back().name, "fc");
  EXPECT_GT(report.layers.front().sparsity(), 0.3);
  EXPECT_GT(report.layers.back().sparsity(), 0.3);
}

TEST(Pruned, random_masks_are_even_nested_and_follow_the_stream) {
  const Graph dense = small_network();
  const Graph half = pruned(dense, "random", 0.5, stream());
  const Graph most = pruned(dense, "random", 0.9, stream());
  for (const LayerSparsity& layer : measure_sparsity(half).layers) {
    EXPECT_NEAR(layer.sparsity(), 0.5, 5 * 0.5 / std::sqrt(static_cast<double>(layer.weights))) << layer.name;
  }
  for (const PrunableLayer& layer : prunable_layers(dense)) {
    for (std::size_t i = 0; i < half.tensor(layer.tensor).size(); ++i) {
      EXPECT_TRUE(half.tensor(layer.tensor).values[i] != 0 || most.tensor(layer.tensor).values[i] == 0);
    }
  }
  EXPECT_EQ(mask_of_zeros(half), mask_of_zeros(pruned(dense, "random", 0.5, stream())));
  EXPECT_NE(mask_of_zeros(half), mask_of_zeros(pruned(dense, "random", 0.5, RandomStream(2, "prune/test"))));
}

TEST(ApplyMask, refuses_the_mask_of_another_network_and_leaves_plus_zero) {
  Graph graph = small_network();
  EXPECT_THROW(apply_mask({{"conv1.weight", {1, 0}}}, graph), InputError);
  Mask nothing = mask_of_zeros(graph);
  for (auto& [name, kept] : nothing) {
    std::fill(kept.begin(), kept.end(), std::uint8_t{0});
  }
  apply_mask(nothing, graph);
  EXPECT_EQ(measure_sparsity(graph).sparsity(), 1);
  for (const float value : graph.tensor("conv1.weight").values) {
    EXPECT_FALSE(std::signbit(value));
  }
}

TEST(MakeCriterion, names_the_nearest) {
  try {
    make_criterion("randon");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'random'"));
  }
  EXPECT_EQ(criteria().size(), 12U);
}

TEST(MakeCriterion, a_structure_refuses_what_it_would_not_heed) {
  for (const char* method : {"channels-l1-layer", "channels-erk", "nm-2:4-erk", "nm-2:4-random-layer"}) {
    try {
      make_criterion(method);
      ADD_FAILURE() << method;
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr("how much of each layer goes"));
    }
  }
  for (const char* method : {"channels-fisher", "nm-2:4-wanda", "nm-2:4", "erk"}) {
    EXPECT_NO_THROW(make_criterion(method)) << method;
  }
}

}  // namespace
}  // namespace niwaki
