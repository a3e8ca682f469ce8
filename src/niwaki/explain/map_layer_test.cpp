#include "niwaki/explain/map_layer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/model/zoo/zoo.hpp"

namespace niwaki {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

const Shape kInput = {1, 1, 32, 32};

Graph network() {
  RandomStream random(1, "map-layer");
  return build_network("resnet-small", {"a", "b"}, imagenet_preprocessing(1, 32, 32), random);
}

void refused(const Graph& graph, const std::string& layer, const std::string& says) {
  EXPECT_THAT([&] { static_cast<void>(map_layer(graph, kInput, layer, "net.onnx")); },
              ThrowsMessage<InputError>(AllOf(HasSubstr(says), HasSubstr("net.onnx"))));
}

TEST(MapLayer, unless_one_is_asked_for_is_the_last_before_global_pooling) {
  const Graph graph = network();
  const auto pool = std::ranges::find_if(
      graph.nodes, [](const Node& node) { return std::holds_alternative<GlobalAveragePool>(node.operation); });
  EXPECT_EQ(map_layer(graph, kInput, "", "net.onnx").output, pool->inputs[0]);
  EXPECT_EQ(map_layer(graph, kInput, graph.nodes[1].name, "net.onnx").name, graph.nodes[1].name);
}

TEST(MapLayer, what_no_logit_depends_on_is_passed_over_and_refused_by_name) {
  Graph graph = network();
  const std::string last = map_layer(graph, kInput, "", "net.onnx").name;
  graph.nodes.push_back({"aside", Relu{}, {graph.nodes.front().output}, "aside"});
  EXPECT_EQ(map_layer(graph, kInput, "", "net.onnx").name, last);
  refused(graph, "aside", "no logit depends on layer 'aside'");
}

TEST(MapLayer, that_is_not_there_is_refused_with_the_nearest_name) {
  const Graph graph = network();
  refused(graph, graph.nodes[1].name + "x", "did you mean '" + graph.nodes[1].name + "'");
}

TEST(MapLayer, without_places_is_refused) {
  const Graph graph = network();
  refused(graph, graph.nodes.back().name, "has no places that a map could show (1 x 2)");
  const auto pool = std::ranges::find_if(
      graph.nodes, [](const Node& node) { return std::holds_alternative<GlobalAveragePool>(node.operation); });
  refused(graph, pool->name, "has no places");  // one place is none
}

TEST(MapLayer, of_a_network_without_places_is_refused) {
  Graph graph;
  graph.add_tensor("weight", {{2, 16}, std::vector<float>(32, 1.0F)});
  graph.nodes = {{"flatten", Flatten{}, {"input"}, "flat"}, {"linear", Linear{}, {"flat", "weight"}, "logits"}};
  EXPECT_THAT(
      [&] {
        static_cast<void>(map_layer(graph, {1, 1, 4, 4}, "", "net.onnx"));
      },
      ThrowsMessage<InputError>(AllOf(HasSubstr("no layer of the network has places"), HasSubstr("net.onnx"),
                                      HasSubstr("--method occlusion"))));
}

TEST(WithoutLastSigmoid, takes_off_the_last_alone) {
  Graph graph = network();
  const std::string logits = graph.output;
  EXPECT_EQ(without_last_sigmoid(graph).nodes.size(), graph.nodes.size());
  graph.nodes.push_back({"sigmoid", Sigmoid{}, {logits}, "probabilities"});
  graph.output = "probabilities";
  const Graph without = without_last_sigmoid(graph);
  EXPECT_EQ(without.output, logits);
  EXPECT_EQ(without.nodes.size(), graph.nodes.size() - 1);
}

}  // namespace
}  // namespace niwaki
