#include "niwaki/model/graph.hpp"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

using ::testing::HasSubstr;

Tensor zeros(Shape shape) {
  std::size_t count = 1;
  for (const std::int64_t length : shape) {
    count *= static_cast<std::size_t>(length);
  }
  return {std::move(shape), std::vector<float>(count)};
}

/// conv (3 -> 4, 3x3) -> pool -> flatten -> fc (4 -> 2).
Graph tiny() {
  Graph graph;
  graph.add_tensor("w", zeros({4, 3, 3, 3}));
  graph.add_tensor("fc.w", zeros({2, 4}));
  graph.add_tensor("fc.b", zeros({2}));
  graph.nodes = {{"conv", Convolution{.strides = {2, 2}, .pads = {1, 1, 1, 1}}, {"input", "w"}, "a"},
                 {"pool", GlobalAveragePool{}, {"a"}, "b"},
                 {"flat", Flatten{}, {"b"}, "c"},
                 {"fc", Linear{}, {"c", "fc.w", "fc.b"}, "logits"}};
  return graph;
}

std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

std::string check_error(const Graph& graph) {
  return error_of([&] { check(graph); });
}

TEST(Graph, counts_classes_parameters_and_prunable_layers) {
  const Graph graph = tiny();
  EXPECT_EQ(check_error(graph), "");
  EXPECT_EQ(class_count(graph), 2U);
  EXPECT_EQ(parameter_count(graph), 4U * 27 + 8 + 2);
  const auto layers = prunable_layers(graph);
  ASSERT_EQ(layers.size(), 2U);
  EXPECT_EQ(layers[0].op, "Conv");
  EXPECT_EQ(layers[1].tensor, "fc.w");
}

TEST(Graph, a_tensor_used_twice_counts_once) {
  Graph graph = tiny();
  graph.add_tensor("s", zeros({4, 4, 1, 1}));
  graph.nodes.insert(graph.nodes.begin() + 1, {"c1", Convolution{}, {"a", "s"}, "a1"});
  graph.nodes.insert(graph.nodes.begin() + 2, {"c2", Convolution{}, {"a1", "s"}, "a2"});
  graph.nodes[3].inputs = {"a2"};
  EXPECT_EQ(check_error(graph), "");
  EXPECT_EQ(parameter_count(graph), parameter_count(tiny()) + 16);
  EXPECT_EQ(prunable_layers(graph).size(), 3U);
}

TEST(Graph, what_is_broken_is_named_by_node) {
  Graph graph = tiny();
  graph.nodes[1].inputs = {"nowhere"};
  EXPECT_THAT(check_error(graph), HasSubstr("'nowhere': node 'pool' (GlobalAveragePool)"));
  graph = tiny();
  std::swap(graph.nodes[0], graph.nodes[1]);
  EXPECT_THAT(check_error(graph), HasSubstr("node 'pool'"));
  graph = tiny();
  graph.nodes[2].output = "a";
  EXPECT_THAT(check_error(graph), HasSubstr("made twice"));
  graph = tiny();
  graph.tensors.erase("fc.b");
  EXPECT_THAT(check_error(graph), HasSubstr("'fc.b' is not in the file"));
  graph = tiny();
  graph.tensor("w") = zeros({4, 27});
  EXPECT_THAT(check_error(graph), HasSubstr("2 dimensions, not 4"));
  graph = tiny();
  graph.tensor("fc.b") = zeros({3});
  EXPECT_THAT(check_error(graph), HasSubstr("3 channels, not 2"));
  graph = tiny();
  graph.nodes.pop_back();
  EXPECT_THAT(check_error(graph), HasSubstr("no node makes the output 'logits'"));
  graph = tiny();
  graph.classes = {"one"};
  EXPECT_THAT(check_error(graph), HasSubstr("1 class names for 2 outputs"));
}

Shape shape_after(const Operation& operation, const Shape& input, std::map<std::string, Tensor> tensors = {},
                  std::vector<std::string> weights = {}) {
  Graph graph;
  graph.tensors = std::move(tensors);
  weights.insert(weights.begin(), "input");
  graph.nodes = {{"node", operation, weights, "logits"}};
  return infer_shapes(graph, input).at("logits");
}

TEST(InferShapes, follow_pytorchs_formulas) {
  using ::testing::ElementsAre;
  const std::map<std::string, Tensor> weight = {{"w", zeros({8, 3, 7, 5})}};
  EXPECT_THAT(shape_after(Convolution{.strides = {2, 2}, .pads = {3, 3, 3, 3}}, {2, 3, 224, 224}, weight, {"w"}),
              ElementsAre(2, 8, 112, 113));
  EXPECT_THAT(shape_after(Convolution{.pads = {1, 0, 0, 0}, .dilations = {2, 3}}, {1, 3, 20, 20}, weight, {"w"}),
              ElementsAre(1, 8, 9, 8));
  const MaxPool pool{.kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 1, 1, 1}, .ceil_mode = false};
  EXPECT_THAT(shape_after(pool, {1, 4, 112, 111}), ElementsAre(1, 4, 56, 56));
  EXPECT_THAT(shape_after(MaxPool{.kernel = {2, 2}, .strides = {2, 2}, .ceil_mode = true}, {1, 4, 5, 5}),
              ElementsAre(1, 4, 3, 3));
  // A window that would begin in the padding at the end is dropped.
  EXPECT_THAT(
      shape_after(MaxPool{.kernel = {1, 1}, .strides = {3, 3}, .pads = {0, 0, 1, 1}, .ceil_mode = true}, {1, 4, 3, 3}),
      ElementsAre(1, 4, 1, 1));
  EXPECT_THAT(shape_after(Pad{.pads = {1, 2, 3, 4}}, {7, 4, 2, 3}), ElementsAre(7, 4, 6, 9));
  EXPECT_THAT(shape_after(Flatten{}, {7, 4, 2, 3}), ElementsAre(7, 24));
  EXPECT_THAT(shape_after(GlobalAveragePool{}, {7, 4, 2, 3}), ElementsAre(7, 4, 1, 1));
}

TEST(InferShapes, an_input_that_does_not_fit_is_named_by_node) {
  const Graph graph = tiny();
  EXPECT_THAT(error_of([&] { infer_shapes(graph, {1, 1, 8, 8}); }), HasSubstr("node 'conv'"));
  const MaxPool pool{.kernel = {9, 9}};
  EXPECT_THAT(error_of([&] { shape_after(pool, {1, 4, 8, 8}); }), HasSubstr("a window of 9 does not fit into 8"));
  Graph wide = tiny();
  wide.tensor("fc.w") = zeros({2, 5});
  EXPECT_THAT(error_of([&] { infer_shapes(wide, {1, 3, 8, 8}); }), HasSubstr("4 features come in where 5"));
}

}  // namespace
}  // namespace niwaki
