#include "niwaki/train/layer_gradients.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "niwaki/core/random.hpp"
#include "niwaki/model/zoo/zoo.hpp"
#include "niwaki/train/torch_predictor.hpp"

namespace niwaki {
namespace {

constexpr std::int64_t kSide = 32;

Graph network() {
  RandomStream random(3, "layer-gradients");
  return build_network("resnet-small", {"a", "b", "c"}, imagenet_preprocessing(1, kSide, kSide), random);
}

std::vector<float> picture() {
  RandomStream random(4, "picture");
  std::vector<float> values(kSide * kSide);
  for (float& value : values) {
    value = static_cast<float>(random.normal());
  }
  return values;
}

/// The part of the network after `value`, which nothing else may pass by.
Graph tail_of(const Graph& graph, const std::string& value) {
  Graph tail = graph;
  tail.preprocessing.reset();
  tail.input = value;
  const auto last = std::ranges::find(tail.nodes, value, &Node::output);
  tail.nodes.erase(tail.nodes.begin(), last + 1);
  return tail;
}

const Node& node_before_pooling(const Graph& graph) {
  const auto pool = std::ranges::find_if(
      graph.nodes, [](const Node& node) { return std::holds_alternative<GlobalAveragePool>(node.operation); });
  return *graph.producer(pool->inputs[0]);
}

TEST(LayerGradients, after_global_pooling_and_a_linear_layer_they_are_its_weights) {
  const Graph graph = network();
  const Shape shape = {1, 1, kSide, kSide};
  const std::vector<std::size_t> classes = {2, 0};
  const LayerResponse response = LayerGradients(graph, node_before_pooling(graph).output).of(picture(), shape, classes);
  ASSERT_EQ(response.shape.size(), 4U);
  const auto cells = static_cast<std::size_t>(response.shape[2] * response.shape[3]);
  ASSERT_GT(cells, 1U);
  const Tensor& weight = graph.tensor(graph.nodes.back().inputs[1]);
  const auto width = static_cast<std::size_t>(response.shape[1]);
  for (std::size_t i = 0; i < classes.size(); ++i) {
    ASSERT_EQ(response.gradients[i].size(), width * cells);
    for (std::size_t at = 0; at < width * cells; ++at) {
      ASSERT_NEAR(response.gradients[i][at], weight.values[classes[i] * width + at / cells] / static_cast<float>(cells),
                  1e-7F);
    }
  }
}

TEST(LayerGradients, logits_are_those_of_the_predictor) {
  const Graph graph = network();
  const Shape shape = {1, 1, kSide, kSide};
  const LayerResponse response = LayerGradients(graph, graph.nodes.front().output).of(picture(), shape, {});
  const std::vector<float> expected = TorchPredictor(graph, "cpu").logits(picture(), shape, 1);
  ASSERT_EQ(response.logits.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(response.logits[i], expected[i], 1e-4F);
  }
}

TEST(LayerGradients, deep_in_the_network_they_are_what_a_small_change_of_the_value_does) {
  // The first convolution's output: everything else comes after it. HardSwish for ReLU: no kink at zero, where most
  // values lie, and steep enough to tell.
  Graph graph = network();
  for (Node& node : graph.nodes) {
    if (std::holds_alternative<Relu>(node.operation)) {
      node.operation = HardSwish{};
    }
  }
  const std::string value = graph.nodes.front().output;
  const std::vector<std::size_t> classes = {1};
  const LayerResponse response = LayerGradients(graph, value).of(picture(), {1, 1, kSide, kSide}, classes);
  const TorchPredictor tail(tail_of(graph, value), "cpu");
  RandomStream random(5, "directions");
  double largest = 0.0;
  for (int direction = 0; direction < 5; ++direction) {
    std::vector<float> up = response.values;
    std::vector<float> down = response.values;
    double expected = 0.0;
    constexpr double kStep = 1e-2;
    for (std::size_t i = 0; i < up.size(); ++i) {
      const double along = random.normal();
      up[i] += static_cast<float>(kStep * along);
      down[i] -= static_cast<float>(kStep * along);
      expected += along * response.gradients[0][i];
    }
    largest = std::max(largest, std::abs(expected));
    const double found =
        (tail.logits(up, response.shape, 1)[1] - tail.logits(down, response.shape, 1)[1]) / (2 * kStep);
    EXPECT_NEAR(found, expected, 0.01 * std::abs(expected) + 1e-3);
  }
  EXPECT_GT(largest, 0.02);
}

TEST(LayerGradients, of_a_layer_that_reaches_no_logit_they_are_zero) {
  Graph graph = network();
  const std::string value = graph.nodes.front().output;
  graph.nodes.push_back({"aside", Relu{}, {value}, "aside"});
  const std::vector<std::size_t> classes = {0};
  const LayerResponse response = LayerGradients(graph, "aside").of(picture(), {1, 1, kSide, kSide}, classes);
  EXPECT_TRUE(std::ranges::all_of(response.gradients[0], [](float value_) { return value_ == 0.0F; }));
}

}  // namespace
}  // namespace niwaki
