#include "niwaki/prune/channels.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/model/zoo/zoo.hpp"
#include "niwaki/prune/criterion.hpp"

namespace niwaki {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Graph network(const std::string& architecture) {
  RandomStream random(1, architecture);
  return build_network(architecture, {"a", "b", "c"}, imagenet_preprocessing(3, 64, 64), random);
}

/// Builds a graph node by node; every weight is drawn.
struct Draft {
  Graph graph;
  RandomStream random{1, "test"};

  Draft() { graph.preprocessing = imagenet_preprocessing(3, 8, 8); }
  void tensor(const std::string& name, const Shape& shape) {
    const auto size = std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
    Tensor tensor{shape, std::vector<float>(static_cast<std::size_t>(size))};
    std::ranges::generate(tensor.values, [&] { return static_cast<float>(random.normal()); });
    graph.add_tensor(name, std::move(tensor));
  }
  void node(const std::string& name, const Operation& operation, std::vector<std::string> inputs) {
    graph.nodes.push_back({name, operation, std::move(inputs), name});
  }
  /// A convolution 3x3 without bias.
  void convolution(const std::string& name, const std::string& x, std::int64_t in, std::int64_t out,
                   std::int64_t groups = 1) {
    tensor(name + ".w", {out, in / groups, 3, 3});
    node(name, Convolution{.pads = {1, 1, 1, 1}, .groups = groups}, {x, name + ".w"});
  }
  void classifier(const std::string& x, std::int64_t in) {
    node("pool", GlobalAveragePool{}, {x});
    node("flat", Flatten{}, {"pool"});
    tensor("fc.w", {2, in});
    node("logits", Linear{}, {"flat", "fc.w"});
  }
};

std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(ChannelGroups, of_a_chain_are_its_channels_and_input_and_logits_are_fixed) {
  Draft draft;
  draft.convolution("a", "input", 3, 4);
  draft.convolution("b", "a", 4, 2);
  draft.classifier("b", 2);
  const ChannelGroups groups = channel_groups(draft.graph);
  EXPECT_THAT(groups.fixed, ElementsAre(1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1));
  EXPECT_THAT(groups.tensors.at("a.w")[0], ElementsAre(3, 4, 5, 6));
  EXPECT_THAT(groups.tensors.at("a.w")[1], ElementsAre(0, 1, 2));
  EXPECT_THAT(groups.tensors.at("b.w")[1], ElementsAre(3, 4, 5, 6));
  EXPECT_THAT(groups.tensors.at("fc.w")[1], ElementsAre(7, 8));
}

TEST(ChannelGroups, an_addition_and_a_multiplication_tie_and_a_concatenation_lines_up) {
  Draft draft;
  draft.convolution("a", "input", 3, 2);
  draft.convolution("b", "a", 2, 2);
  draft.node("sum", Add{}, {"a", "b"});
  draft.convolution("c", "sum", 2, 3);
  draft.node("both", Concatenate{}, {"c", "sum"});
  draft.node("squeezed", GlobalAveragePool{}, {"both"});
  draft.convolution("gate", "squeezed", 5, 5);
  draft.node("gated", Multiply{}, {"both", "gate"});
  draft.classifier("gated", 5);
  const ChannelGroups groups = channel_groups(draft.graph);
  EXPECT_THAT(groups.tensors.at("b.w")[0], ElementsAre(3, 4));
  EXPECT_THAT(groups.tensors.at("c.w")[0], ElementsAre(5, 6, 7));
  EXPECT_THAT(groups.tensors.at("gate.w")[0], ElementsAre(5, 6, 7, 3, 4));
  EXPECT_THAT(groups.tensors.at("fc.w")[1], ElementsAre(5, 6, 7, 3, 4));
}

TEST(ChannelGroups, a_grouped_convolution_goes_by_its_groups_and_a_flattened_channel_by_its_positions) {
  Draft draft;
  draft.convolution("a", "input", 3, 4);
  draft.convolution("depthwise", "a", 4, 4, 4);
  draft.convolution("grouped", "depthwise", 4, 6, 2);
  draft.node("flat", Flatten{}, {"grouped"});
  draft.tensor("fc.w", {2, 6 * 64});
  draft.node("logits", Linear{}, {"flat", "fc.w"});
  const ChannelGroups groups = channel_groups(draft.graph);
  EXPECT_THAT(groups.tensors.at("a.w")[0], ElementsAre(3, 3, 4, 4));
  EXPECT_THAT(groups.tensors.at("depthwise.w")[0], ElementsAre(3, 3, 4, 4));
  EXPECT_TRUE(groups.tensors.at("grouped.w")[1].empty());
  EXPECT_THAT(groups.tensors.at("grouped.w")[0], ElementsAre(3, 3, 3, 4, 4, 4));
  const std::vector<std::size_t>& features = groups.tensors.at("fc.w")[1];
  EXPECT_THAT(std::vector<std::size_t>(features.begin(), features.begin() + 192), Each(3));
  EXPECT_THAT(std::vector<std::size_t>(features.begin() + 192, features.end()), Each(4));
  const Graph half = without_groups(draft.graph, groups, {0, 0, 0, 1, 0, 0, 0});
  EXPECT_EQ(std::get<Convolution>(half.nodes[1].operation).groups, 2);
  EXPECT_EQ(std::get<Convolution>(half.nodes[2].operation).groups, 1);
  EXPECT_EQ(half.tensor("grouped.w").shape, (Shape{3, 2, 3, 3}));
  EXPECT_EQ(half.tensor("fc.w").shape, (Shape{2, 192}));
  EXPECT_EQ(infer_shapes(half, {1, 3, 8, 8}).at("flat"), (Shape{1, 192}));
}

TEST(ChannelGroups, a_weight_used_twice_ties_both_uses) {
  Draft draft;
  draft.convolution("a", "input", 3, 2);
  draft.convolution("b", "a", 2, 2);
  draft.node("again", Convolution{.pads = {1, 1, 1, 1}}, {"b", "b.w"});
  draft.classifier("again", 2);
  const ChannelGroups groups = channel_groups(draft.graph);
  EXPECT_THAT(groups.tensors.at("b.w")[0], ElementsAre(3, 4));
  EXPECT_THAT(groups.tensors.at("b.w")[1], ElementsAre(3, 4));
  EXPECT_THAT(groups.tensors.at("fc.w")[1], ElementsAre(3, 4));
}

TEST(ChannelGroups, what_cannot_be_followed_is_named_and_the_network_unchanged) {
  Draft shared;
  shared.convolution("a", "input", 3, 4);
  shared.convolution("b", "a", 4, 2);
  shared.node("both", Concatenate{}, {"a", "a"});
  shared.node("grouped", Convolution{.pads = {1, 1, 1, 1}, .groups = 2}, {"both", "b.w"});
  shared.node("sum", Add{}, {"b", "grouped"});
  shared.classifier("sum", 2);
  const Graph before = shared.graph;
  const std::string error = error_of([&] { pruned(shared.graph, "channels-l1", 0.5, {1, "prune/test"}); });
  EXPECT_THAT(error,
              HasSubstr("it shares the weight 'b.w' with a convolution that is not grouped: node 'grouped' (Conv)"));
  EXPECT_EQ(shared.graph.tensors, before.tensors);
  std::swap(shared.graph.nodes[1], shared.graph.nodes[3]);
  std::swap(shared.graph.nodes[1], shared.graph.nodes[2]);
  EXPECT_THAT(error_of([&] { channel_groups(shared.graph); }), HasSubstr("node 'b' (Conv)"));

  Draft uneven;
  uneven.graph.preprocessing.reset();
  uneven.convolution("a", "input", 3, 4);
  uneven.node("flat", Flatten{}, {"a"});
  uneven.tensor("fc.w", {2, 30});
  uneven.node("logits", Linear{}, {"flat", "fc.w"});
  EXPECT_THAT(error_of([&] { channel_groups(uneven.graph); }),
              HasSubstr("30 features are no multiple of the 4 channels that were flattened: node 'logits' (Gemm)"));

  Draft unfitting;
  unfitting.graph.preprocessing.reset();
  unfitting.convolution("a", "input", 3, 4);
  unfitting.convolution("b", "input", 3, 5);
  unfitting.node("sum", Add{}, {"a", "b"});
  unfitting.classifier("sum", 4);
  EXPECT_THAT(error_of([&] { channel_groups(unfitting.graph); }), HasSubstr("4 channels meet 5: node 'sum' (Add)"));

  Draft nameless;
  nameless.graph.preprocessing.reset();
  nameless.node("pad", Pad{.pads = {1, 1, 1, 1}}, {"input"});
  nameless.convolution("a", "pad", 3, 4);
  nameless.classifier("a", 4);
  EXPECT_THAT(error_of([&] { channel_groups(nameless.graph); }), HasSubstr("niwaki.channels"));
}

/// By hand, from He et al.'s Table 1: the channels of each stage's stream (shared by its blocks, the stem's with the
/// first's), and those inside each block, with the input's 3 and 3 classes.
TEST(ChannelGroups, of_resnets_are_streams_and_the_insides_of_blocks) {
  EXPECT_EQ(channel_groups(network("resnet18")).count(), (64U + 128 + 256 + 512) + 2 * (64 + 128 + 256 + 512) + 3 + 3);
  EXPECT_EQ(channel_groups(network("resnet50")).count(),
            64 + 4 * (64U + 128 + 256 + 512) + 2 * (3 * 64 + 4 * 128 + 6 * 256 + 3 * 512) + 3 + 3);
}

/// A DenseNet has no addition: every convolution's filters are groups of their own.
TEST(ChannelGroups, of_a_densenet_are_all_its_filters) {
  const Graph graph = network("densenet121");
  std::size_t filters = 3;
  for (const PrunableLayer& layer : prunable_layers(graph)) {
    filters += static_cast<std::size_t>(graph.tensor(layer.tensor).shape[0]);
  }
  EXPECT_EQ(channel_groups(graph).count(), filters);
}

/// The plainest way: a weight belongs to the groups of its row and of its column.
std::vector<double> scores_by_asking_every_weight(const Graph& graph, const ChannelGroups& groups,
                                                  const std::vector<std::vector<float>>& importance) {
  std::vector<double> scores;
  for (std::size_t group = 0; group < groups.count(); ++group) {
    double sum = 0;
    double count = 0;
    const std::vector<PrunableLayer> layers = prunable_layers(graph);
    for (std::size_t layer = 0; layer < layers.size(); ++layer) {
      const Shape& shape = graph.tensor(layers[layer].tensor).shape;
      const ChannelGroups::Axes& axes = groups.tensors.at(layers[layer].tensor);
      const std::size_t columns = static_cast<std::size_t>(shape[1]);
      const std::size_t positions = importance[layer].size() / (axes[0].size() * columns);
      for (std::size_t i = 0; i < importance[layer].size(); ++i) {
        const bool goes = axes[0][i / positions / columns] == group ||
                          (!axes[1].empty() && axes[1][i / positions % columns] == group);
        sum += goes ? importance[layer][i] : 0;
        count += goes ? 1 : 0;
      }
    }
    scores.push_back(count > 0 ? sum / count : 0);
  }
  return scores;
}

Draft bottleneck() {
  Draft draft;
  draft.convolution("a", "input", 3, 6);
  draft.convolution("b", "a", 6, 8);
  draft.convolution("depthwise", "b", 8, 8, 8);
  draft.convolution("c", "depthwise", 8, 6);
  draft.node("sum", Add{}, {"a", "c"});
  draft.node("all", Concatenate{}, {"sum", "b"});
  draft.convolution("d", "all", 14, 5);
  draft.classifier("d", 5);
  return draft;
}

std::vector<std::vector<float>> magnitudes(const Graph& graph) {
  RandomStream unused(1, "unused");
  return make_criterion("l1")->importance({graph, unused});
}

TEST(GroupScores, are_the_mean_importance_of_the_weights_that_go) {
  const Graph graph = bottleneck().graph;
  const ChannelGroups groups = channel_groups(graph);
  const std::vector<double> expected = scores_by_asking_every_weight(graph, groups, magnitudes(graph));
  const std::vector<double> scores = group_scores(graph, groups, magnitudes(graph));
  ASSERT_EQ(scores.size(), expected.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    EXPECT_NEAR(scores[i], expected[i], 1e-12) << i;
  }
}

Graph without_channels(const Graph& graph, const std::vector<std::vector<float>>& importance, double sparsity,
                       const ChannelLimits& limits = {}) {
  const ChannelGroups groups = channel_groups(graph);
  return without_groups(graph, groups,
                        choose_groups(graph, groups, group_scores(graph, groups, importance), sparsity, limits));
}

std::size_t prunable_weights(const Graph& graph) {
  return measure_sparsity(graph).weights();
}

/// The plainest way: let the least important group go that may, cut the network, and count.
std::vector<std::uint8_t> by_cutting(const Graph& graph, const ChannelGroups& groups, std::vector<double> scores,
                                     double sparsity, double floor) {
  std::vector<std::uint8_t> gone(groups.count(), 0);
  const std::size_t all = prunable_weights(graph);
  std::set<std::size_t> left;
  for (std::size_t i = 0; i < groups.count(); ++i) {
    left.insert(i);
  }
  while (all - prunable_weights(without_groups(graph, groups, gone)) < weights_to_prune(sparsity, all) &&
         !left.empty()) {
    const std::size_t next =
        *std::ranges::min_element(left, {}, [&](std::size_t group) { return std::pair(scores[group], group); });
    left.erase(next);
    std::vector<std::uint8_t> tried = gone;
    tried[next] = 1;
    const Graph smaller = without_groups(graph, groups, tried);
    bool fits = groups.fixed[next] == 0;
    for (const PrunableLayer& layer : prunable_layers(graph)) {
      const double before = static_cast<double>(graph.tensor(layer.tensor).size());
      const double after = static_cast<double>(smaller.tensor(layer.tensor).size());
      fits = fits && after > 0 && after >= floor * before;
    }
    gone = fits ? tried : gone;
  }
  return gone;
}

TEST(ChooseGroups, agrees_with_cutting_the_network_group_by_group) {
  const Graph graph = bottleneck().graph;
  const ChannelGroups groups = channel_groups(graph);
  RandomStream random(3, "test");
  for (int round = 0; round < 20; ++round) {
    std::vector<double> scores(groups.count());
    std::ranges::generate(scores, [&] { return static_cast<double>(random.below(6)); });
    const double floor = random.below(2) == 0 ? 0 : 0.25;
    const double sparsity = random.uniform(0, floor > 0 ? 0.5 : 0.85);
    EXPECT_EQ(choose_groups(graph, groups, scores, sparsity, {.layer_floor = floor, .locked = {}}),
              by_cutting(graph, groups, scores, sparsity, floor))
        << "sparsity " << sparsity << ", floor " << floor;
  }
}

TEST(ChooseGroups, more_than_can_go_names_the_largest_sparsity_which_can_be_had) {
  const Graph graph = bottleneck().graph;
  const std::string error = error_of([&] { without_channels(graph, magnitudes(graph), 1); });
  ASSERT_THAT(error, HasSubstr("a sparsity of 1 cannot be had by whole channels: at most "));
  const double largest = std::stod(error.substr(error.find("at most ") + 8));
  const Graph smallest = without_channels(graph, magnitudes(graph), largest);
  for (const PrunableLayer& layer : prunable_layers(smallest)) {
    EXPECT_GT(smallest.tensor(layer.tensor).size(), 0U);
  }
  EXPECT_THROW(without_channels(graph, magnitudes(graph), largest + 0.01), InputError);
  EXPECT_THROW(without_channels(graph, magnitudes(graph), -0.5), InputError);
  EXPECT_THROW(without_channels(graph, magnitudes(graph), 0.5, {.layer_floor = 1.5, .locked = {}}), InputError);
}

TEST(ChooseGroups, a_locked_weight_keeps_its_row_and_column) {
  const Graph graph = bottleneck().graph;
  std::vector<std::vector<float>> importance = magnitudes(graph);
  ChannelLimits limits;
  for (const std::vector<float>& layer : importance) {
    limits.locked.emplace_back(layer.size(), std::uint8_t{0});
  }
  limits.locked[1][(3 * 6 + 2) * 9 + 4] = 1;  // of b.w [8, 6, 3, 3]: filter 3, channel 2, the middle
  std::ranges::fill(importance[1], 0.0F);
  const ChannelGroups groups = channel_groups(graph);
  const std::vector<std::uint8_t> gone =
      choose_groups(graph, groups, group_scores(graph, groups, importance), 0.7, limits);
  EXPECT_EQ(gone[groups.tensors.at("b.w")[0][3]], 0);
  EXPECT_EQ(gone[groups.tensors.at("b.w")[1][2]], 0);
  EXPECT_GT(std::ranges::count(gone, std::uint8_t{1}), 5);
}

TEST(DrawnScores, groups_of_all_sizes_are_as_likely_to_go) {
  const Graph dense = network("resnet-small");
  const Graph half = pruned(dense, "channels-random", 0.5, {1, "prune/test"});
  for (const PrunableLayer& layer : prunable_layers(dense)) {
    const Shape& before = dense.tensor(layer.tensor).shape;
    const Shape& after = half.tensor(layer.tensor).shape;
    const auto channels = static_cast<double>(before[0]);
    if (layer.node != "fc") {  // a share of about 0.3 of every layer's channels goes
      EXPECT_NEAR(static_cast<double>(after[0]) / channels, std::sqrt(0.5), 2 / std::sqrt(channels)) << layer.node;
    }
  }
  EXPECT_EQ(half.tensors, pruned(dense, "channels-random", 0.5, {1, "prune/test"}).tensors);
  EXPECT_NE(half.tensors, pruned(dense, "channels-random", 0.5, {2, "prune/test"}).tensors);
}

TEST(ChooseGroups, choices_at_rising_sparsities_are_nested) {
  const Graph graph = network("resnet-small");
  const ChannelGroups groups = channel_groups(graph);
  const std::vector<double> scores = group_scores(graph, groups, magnitudes(graph));
  std::vector<std::uint8_t> before(groups.count(), 0);
  for (const double sparsity : {0.1, 0.3, 0.5, 0.7, 0.9}) {
    const std::vector<std::uint8_t> gone = choose_groups(graph, groups, scores, sparsity);
    for (std::size_t i = 0; i < gone.size(); ++i) {
      EXPECT_GE(gone[i], before[i]);
    }
    before = gone;
  }
}

TEST(GroupScores, an_importance_that_is_no_number_is_named) {
  const Graph graph = bottleneck().graph;
  std::vector<std::vector<float>> importance = magnitudes(graph);
  importance[2][7] = NAN;
  EXPECT_THAT(error_of([&] { without_channels(graph, importance, 0.5); }), HasSubstr("'depthwise'"));
}

TEST(MeasureSparsity, against_the_dense_network_counts_what_is_not_there_as_zero) {
  const Graph dense = bottleneck().graph;
  Graph half = without_channels(dense, magnitudes(dense), 0.3);
  const std::size_t gone = prunable_weights(dense) - prunable_weights(half);
  half.tensor("a.w").values[0] = 0;
  const SparsityReport report = measure_sparsity(half, dense);
  EXPECT_EQ(report.weights() - report.nonzero(), gone + 1);
  EXPECT_EQ(report.layers[0].shape, half.tensor("a.w").shape);
  EXPECT_THROW(measure_sparsity(dense, half), InputError);
  EXPECT_THROW(measure_sparsity(half, network("resnet-small")), InputError);
}

class ChannelsOfZoo : public ::testing::TestWithParam<std::string> {};

TEST_P(ChannelsOfZoo, half_of_the_weights_are_really_gone) {
  const Graph dense = network(GetParam());
  const Graph result = pruned(dense, "channels-l1", 0.5, {1, "prune/test"});
  check(result);
  EXPECT_EQ(infer_shapes(result, {2, 3, 64, 64}).at(result.output), (Shape{2, 3}));
  const std::size_t before = prunable_weights(dense);
  const std::size_t after = prunable_weights(result);
  EXPECT_LE(after, before - weights_to_prune(0.5, before));
  EXPECT_GT(static_cast<double>(after), 0.49 * static_cast<double>(before));  // one group more than needed at most
  EXPECT_DOUBLE_EQ(measure_sparsity(result, dense).sparsity(),
                   1 - static_cast<double>(after) / static_cast<double>(before));
  EXPECT_LT(parameter_count(result), parameter_count(dense));
  EXPECT_EQ(result.tensor_order, dense.tensor_order);
  EXPECT_EQ(result.classes, dense.classes);
  const Graph same = pruned(dense, "channels-l1", 0, {1, "prune/test"});
  EXPECT_EQ(same.tensors, dense.tensors);
}

INSTANTIATE_TEST_SUITE_P(All, ChannelsOfZoo, ::testing::ValuesIn(architecture_names()), [](const auto& given) {
  std::string name = given.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace niwaki
