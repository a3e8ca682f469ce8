#include "niwaki/prune/n_of_m.hpp"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/model/zoo/zoo.hpp"
#include "niwaki/prune/criterion.hpp"
#include "niwaki/prune/structure.hpp"

namespace niwaki {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// One weight of this shape, as a convolution's (rank 4) or a linear layer's.
Graph one_layer(const Shape& shape) {
  Graph graph;
  graph.add_tensor("w", {shape, {}});
  const Operation operation = shape.size() == 4 ? Operation(Convolution{}) : Operation(Linear{});
  graph.nodes = {{"layer", operation, {"input", "w"}, "logits"}};
  return graph;
}

/// Its weight's mask by this importance.
std::vector<std::uint8_t> mask_of(const Shape& shape, const std::vector<float>& importance, const NOfM& pattern,
                                  const std::vector<std::vector<std::uint8_t>>& locked = {}) {
  return n_of_m_mask(one_layer(shape), {importance}, pattern, locked).at("w");
}

TEST(NOfM, the_most_important_of_each_m_stay_and_of_equals_the_first_go) {
  EXPECT_THAT(mask_of({1, 8}, {4, 1, 3, 2, 0, 0, 0, 0}, {2, 4}), ElementsAre(1, 0, 1, 0, 0, 0, 1, 1));
  EXPECT_THAT(mask_of({2, 4}, {4, 1, 3, 2, 1, 2, 3, 4}, {1, 4}), ElementsAre(1, 0, 0, 0, 0, 0, 0, 1));
}

TEST(NOfM, of_a_convolution_along_the_input_channels_at_each_position) {
  // [1, 4, 1, 2]: channels 0 to 3 at position 0 are 1, 2, 3, 4, at position 1 they are 8, 7, 6, 5.
  EXPECT_THAT(mask_of({1, 4, 1, 2}, {1, 8, 2, 7, 3, 6, 4, 5}, {2, 4}), ElementsAre(0, 1, 0, 1, 1, 0, 1, 0));
}

TEST(NOfM, channels_that_make_up_no_m_stay) {
  EXPECT_THAT(mask_of({2, 6}, {1, 2, 3, 4, 0, 0, 4, 3, 2, 1, 0, 0}, {2, 4}),
              ElementsAre(0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1));
  EXPECT_THAT(mask_of({1, 3, 1, 1}, {1, 2, 3}, {2, 4}), ElementsAre(1, 1, 1));
}

TEST(NOfM, locked_weights_stay_and_count_among_the_n) {
  EXPECT_THAT(mask_of({1, 4}, {1, 2, 3, 4}, {2, 4}, {{1, 0, 0, 0}}), ElementsAre(1, 0, 0, 1));
  EXPECT_THAT(mask_of({1, 4}, {1, 2, 3, 4}, {2, 4}, {{1, 1, 1, 0}}), ElementsAre(1, 1, 1, 0));
}

TEST(NOfM, an_importance_that_is_no_number_is_named) {
  try {
    mask_of({1, 4}, {1, NAN, 3, 4}, {2, 4});
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'layer'"));
  }
}

/// The plainest way: a weight stays where fewer than N of its M are more important, or as important and later.
std::vector<std::uint8_t> by_counting(const Shape& shape, const std::vector<float>& importance, const NOfM& pattern) {
  const auto channels = static_cast<std::size_t>(shape[1]);
  const auto positions = static_cast<std::size_t>(shape[2] * shape[3]);
  std::vector<std::uint8_t> kept;
  for (std::size_t i = 0; i < importance.size(); ++i) {
    const std::size_t channel = i / positions % channels;
    const std::size_t first = channel / pattern.of * pattern.of;
    std::size_t before = 0;
    for (std::size_t other = first; other < first + pattern.of; ++other) {
      const std::size_t j = i + other * positions - channel * positions;
      before +=
          other < channels && (importance[j] > importance[i] || (importance[j] == importance[i] && j > i)) ? 1 : 0;
    }
    kept.push_back(first + pattern.of > channels || before < pattern.keep ? 1 : 0);
  }
  return kept;
}

TEST(NOfM, agrees_with_plain_counting_ties_included) {
  RandomStream random(7, "test");
  for (int round = 0; round < 60; ++round) {
    const std::size_t m = 2 + random.below(7);
    const NOfM pattern{1 + random.below(m - 1), m};
    const Shape shape = {
        1 + static_cast<std::int64_t>(random.below(4)), 1 + static_cast<std::int64_t>(random.below(20)),
        1 + static_cast<std::int64_t>(random.below(3)), 1 + static_cast<std::int64_t>(random.below(3))};
    std::vector<float> importance(static_cast<std::size_t>(shape[0] * shape[1] * shape[2] * shape[3]));
    std::ranges::generate(importance, [&] { return static_cast<float>(random.below(6)); });
    EXPECT_EQ(mask_of(shape, importance, pattern), by_counting(shape, importance, pattern));
  }
}

Graph network(const std::string& architecture, std::size_t channels) {
  RandomStream random(1, "test");
  return build_network(architecture, {"a", "b", "c", "d"}, imagenet_preprocessing(channels, 64, 64), random);
}

TEST(NOfM, a_network_loses_the_share_but_for_layers_of_too_few_channels) {
  const Graph dense = network("resnet-small", 1);
  for (const auto& [method, sparsity] : {std::pair{"nm-2:4", 0.5}, {"nm-1:4", 0.75}, {"nm-4:8-random", 0.5}}) {
    const Graph result = pruned(dense, method, sparsity, {1, "prune/test"});
    const SparsityReport report = measure_sparsity(result, dense);
    EXPECT_EQ(report.layers.front().sparsity(), 0) << method;  // one input channel
    for (std::size_t i = 1; i < report.layers.size(); ++i) {
      EXPECT_EQ(report.layers[i].sparsity(), sparsity) << method << " " << report.layers[i].name;
    }
    EXPECT_EQ(parameter_count(result), parameter_count(dense));
  }
  const Graph mobile = network("mobilenet_v2", 3);
  for (const LayerSparsity& layer : measure_sparsity(pruned(mobile, "nm-2:4", 0.5, {1, "prune/test"})).layers) {
    EXPECT_EQ(layer.sparsity(), layer.shape[1] < 4 ? 0 : 0.5) << layer.name;  // depthwise ones read one channel
  }
}

std::string error_of(const std::string& method, double sparsity) {
  try {
    pruned(network("resnet-small", 1), method, sparsity, {1, "prune/test"});
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(NOfM, another_sparsity_and_what_is_no_pattern_are_refused) {
  EXPECT_THAT(error_of("nm-2:4", 0.9), HasSubstr("2:4 is a sparsity of 0.5, not of 0.9"));
  EXPECT_EQ(error_of("nm-1:3", 0.667), "");
  for (const char* method : {"nm-4:2", "nm-4:4", "nm-0:4", "nm-2", "nm-:", "nm-a:b", "nm-2:4:8", "nm-2:4000"}) {
    EXPECT_THAT(error_of(method, 0.5), HasSubstr("is no N:M pattern")) << method;
  }
  EXPECT_THAT(error_of("nm-2:4-randon", 0.5), HasSubstr("did you mean 'random'"));
  EXPECT_THAT(error_of("channels-l2", 0.5), HasSubstr("did you mean 'l1'"));
}

TEST(StructureOf, reads_the_name) {
  EXPECT_EQ(structure_of("l1").criterion, "l1");
  EXPECT_FALSE(structure_of("l1").channels);
  EXPECT_TRUE(structure_of("channels-tail").channels);
  EXPECT_EQ(structure_of("channels-tail").criterion, "tail");
  EXPECT_EQ(structure_of("nm-4:8").n_of_m, (NOfM{4, 8}));
  EXPECT_EQ(structure_of("nm-4:8").criterion, "l1");
  EXPECT_EQ(structure_of("nm-1:4-tail-worst").criterion, "tail-worst");
}

}  // namespace
}  // namespace niwaki
