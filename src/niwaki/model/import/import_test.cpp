#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/model/onnx_file_for_tests.hpp"

namespace niwaki {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Import, what_changes_nothing_is_folded_away) {
  OnnxFile file;
  file.node("Identity", {"features"}, "same");
  file.node("Dropout", {"same"}, "dropped");
  onnx::NodeProto& mean = file.node("ReduceMean", {"dropped"}, "flat");
  OnnxFile::integers(mean, "axes", {-1, -2});
  OnnxFile::integer(mean, "keepdims", 0);
  file.weight("fc", {4, 3});
  file.node("Identity", {"fc"}, "fc again");
  file.node("MatMul", {"flat", "fc again"}, "product");
  file.weight("bias", {3});
  file.node("Add", {"bias", "product"}, "logits");
  const Graph graph = file.read();
  ASSERT_EQ(graph.nodes.size(), 4U);  // Conv, GlobalAveragePool, Flatten, Gemm
  EXPECT_EQ(graph.nodes[3].inputs.size(), 3U);
  const Tensor& weight = graph.tensor(graph.nodes[3].inputs[1]);
  EXPECT_EQ(weight.shape, (Shape{3, 4}));
  EXPECT_EQ(weight.values[1], 3);  // [0][1] of the transposed is [1][0] of the file's
}

TEST(Import, weights_that_pytorch_wrote_once_for_being_equal_stay_apart) {
  OnnxFile file;
  file.node("GlobalAveragePool", {"features"}, "pooled");
  file.node("Flatten", {"pooled"}, "flat");
  file.weight("first", {3, 3});
  file.node("Identity", {"first"}, "second");
  for (const auto& [weight, in, out] :
       {std::tuple("first", "flat", "hidden"), std::tuple("second", "hidden", "logits")}) {
    OnnxFile::integer(file.node("Gemm", {in, weight}, out), "transB", 1);
  }
  const Graph graph = file.read();
  EXPECT_EQ(graph.tensor("first"), graph.tensor("second"));
  EXPECT_EQ(graph.nodes.back().inputs[1], "second");
}

TEST(Import, a_reshape_by_a_constant_is_a_flatten) {
  OnnxFile file;
  file.node("GlobalAveragePool", {"features"}, "pooled");
  onnx::NodeProto& constant = file.node("Constant", {}, "shape");
  onnx::AttributeProto& value = *constant.add_attribute();
  value.set_name("value");
  value.mutable_t()->set_data_type(onnx::TensorProto::INT64);
  value.mutable_t()->add_dims(2);
  value.mutable_t()->add_int64_data(0);
  value.mutable_t()->add_int64_data(-1);
  file.node("Reshape", {"pooled", "shape"}, "flat");
  file.weight("fc", {3, 4});
  OnnxFile::integer(file.node("Gemm", {"flat", "fc"}, "logits"), "transB", 1);
  EXPECT_TRUE(std::holds_alternative<Flatten>(file.read().producer("flat")->operation));
}

template <typename Kind>
const Kind* find(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    if (const auto* found = std::get_if<Kind>(&node.operation)) {
      return found;
    }
  }
  return nullptr;
}

template <typename Kind>
std::size_t count(const Graph& graph) {
  return static_cast<std::size_t>(std::ranges::count_if(
      graph.nodes, [](const Node& node) { return std::holds_alternative<Kind>(node.operation); }));
}

TEST(Import, hard_swish_is_found_in_its_three_spellings) {
  OnnxFile two;
  OnnxFile::number(two.node("HardSigmoid", {"features"}, "gate"), "alpha", 1.0F / 6);
  two.node("Mul", {"features", "gate"}, "out");
  OnnxFile gate_first;  // hard sigmoid by clamping: x * (relu6(x + 3) / 6)
  gate_first.scalar("three", 3);
  gate_first.scalar("zero", 0);
  gate_first.scalar("six", 6);
  gate_first.node("Add", {"features", "three"}, "a");
  gate_first.node("Clip", {"a", "zero", "six"}, "b");
  gate_first.node("Div", {"b", "six"}, "c");
  gate_first.node("Mul", {"c", "features"}, "out");
  OnnxFile divided_last;  // (x * relu6(x + 3)) / 6, relu6 as PyTorch writes it
  divided_last.scalar("three", 3);
  divided_last.scalar("zero", 0);
  divided_last.scalar("six", 6);
  divided_last.node("Add", {"three", "features"}, "a");
  divided_last.node("Relu", {"a"}, "r");
  divided_last.node("Clip", {"r", "zero", "six"}, "b");
  divided_last.node("Mul", {"features", "b"}, "c");
  divided_last.node("Div", {"c", "six"}, "out");
  for (OnnxFile* file : {&two, &gate_first, &divided_last}) {
    const Graph graph = file->end_in_linear("out").read();
    EXPECT_EQ(graph.nodes.size(), 5U);
    EXPECT_EQ(count<HardSwish>(graph), 1U);
    EXPECT_EQ(graph.tensor("w").values[5], 5);  // no weight is changed
  }
}

TEST(Import, other_hard_sigmoids_stay_apart) {
  OnnxFile file;  // ONNX's own alpha, 0.2
  file.node("HardSigmoid", {"features"}, "gate");
  file.node("Mul", {"features", "gate"}, "out");
  const Graph graph = file.end_in_linear("out").read();
  ASSERT_NE(find<HardSigmoid>(graph), nullptr);
  EXPECT_EQ(find<HardSigmoid>(graph)->alpha, 0.2F);
  EXPECT_EQ(count<Multiply>(graph), 1U);
}

TEST(Import, relu6_is_one_clip) {
  OnnxFile file;
  file.scalar("zero", 0);
  file.scalar("six", 6);
  file.node("Relu", {"features"}, "r");
  file.node("Clip", {"r", "zero", "six"}, "out");
  const Graph graph = file.end_in_linear("out").read();
  EXPECT_EQ(graph.nodes.size(), 5U);
  EXPECT_EQ(find<Clip>(graph)->high, 6);
}

TEST(Import, constants_become_part_of_the_layer_before) {
  OnnxFile file;
  file.weight("scale", {1, 4, 1, 1});  // 0, 1, 2, 3
  file.weight("shift", {4, 1, 1});
  file.scalar("half", 0.5F);
  file.node("Mul", {"features", "scale"}, "a");
  file.node("Add", {"shift", "a"}, "b");
  file.node("Sub", {"b", "half"}, "c");
  file.node("Relu", {"c"}, "out");
  const Graph graph = file.end_in_linear("out").read();
  EXPECT_EQ(graph.nodes.size(), 5U);
  const Node& conv = graph.nodes[0];
  ASSERT_EQ(conv.inputs.size(), 3U);
  EXPECT_THAT(graph.tensor(conv.inputs[2]).values, ElementsAre(-0.5F, 0.5F, 1.5F, 2.5F));
  EXPECT_EQ(graph.tensor(conv.inputs[1]).values[18], 18.0F);      // second filter, times 1
  EXPECT_EQ(graph.tensor(conv.inputs[1]).values[36], 2 * 36.0F);  // third
}

TEST(Import, a_scale_with_no_layer_before_it_goes_into_the_one_after) {
  OnnxFile file;
  file.weight("scale", {4, 1, 1});
  file.node("Relu", {"features"}, "r");
  file.node("Mul", {"r", "scale"}, "s");
  file.weight("w2", {2, 2, 1, 1});  // two groups
  OnnxFile::integer(file.node("Conv", {"s", "w2"}, "out"), "group", 2);
  file.node("GlobalAveragePool", {"out"}, "pooled");
  file.node("Flatten", {"pooled"}, "logits");
  const Graph graph = file.read();
  const auto* node = graph.producer("out");
  EXPECT_EQ(node->inputs[0], "r");
  EXPECT_THAT(graph.tensor(node->inputs[1]).values, ElementsAre(0, 1 * 1, 2 * 2, 3 * 3));
}

TEST(Import, a_shared_weight_is_copied_before_it_is_changed) {
  OnnxFile file;
  file.scalar("two", 2);
  file.weight("s", {4, 4, 1, 1});
  file.node("Conv", {"features", "s"}, "a");
  file.node("Mul", {"a", "two"}, "b");
  file.node("Conv", {"b", "s"}, "c");
  const Graph graph = file.end_in_linear("c").read();
  EXPECT_EQ(graph.tensor(graph.producer("c")->inputs[1]).values[3], 3);
  EXPECT_EQ(graph.tensor(graph.nodes[1].inputs[1]).values[3], 6);
}

TEST(Import, constants_that_fit_nowhere_are_refused) {
  OnnxFile file;
  file.scalar("two", 2);
  file.node("Relu", {"features"}, "r");
  file.node("Add", {"r", "two"}, "a");
  file.end_in_linear("a");
  EXPECT_THAT(file.error(), HasSubstr("constants are added to or multiplied with its input by 'Add of the test'"));
  OnnxFile width;
  width.weight("row", {4});
  width.node("Add", {"features", "row"}, "a");
  width.end_in_linear("a");
  EXPECT_THAT(width.error(), HasSubstr("neither one number nor one a channel"));
}

TEST(Import, padding_goes_into_what_follows) {
  OnnxFile file;
  file.integer_tensor("pads", {0, 0, 1, 2, 0, 0, 3, 4});
  file.node("Pad", {"features", "pads"}, "p");
  file.weight("w2", {4, 4, 3, 3});
  OnnxFile::integers(file.node("Conv", {"p", "w2"}, "c"), "pads", {1, 1, 1, 1});
  onnx::NodeProto& pool = file.node("AveragePool", {"q"}, "out");
  OnnxFile::integers(pool, "kernel_shape", {3, 3});
  file.integer_tensor("ones", {0, 0, 1, 1, 0, 0, 1, 1});
  file.node("Pad", {"c", "ones"}, "q");
  auto& nodes = *file.model().mutable_graph()->mutable_node();
  nodes.SwapElements(nodes.size() - 1, nodes.size() - 2);
  const Graph graph = file.end_in_linear("out").read();
  EXPECT_EQ(count<Pad>(graph), 0U);
  EXPECT_THAT(std::get<Convolution>(graph.producer("c")->operation).pads, ElementsAre(2, 3, 4, 5));
  const auto& average = std::get<AveragePool>(graph.producer("out")->operation);
  EXPECT_THAT(average.pads, ElementsAre(1, 1, 1, 1));
  EXPECT_TRUE(average.count_include_pad);
}

TEST(Import, padding_before_a_max_pool_goes_into_it_where_nothing_is_larger) {
  const auto nodes = [](float value) {
    OnnxFile file;
    file.integer_tensor("pads", {0, 0, 1, 1, 0, 0, 1, 1});
    file.scalar("value", value);
    file.node("Pad", {"features", "pads", "value"}, "p");
    OnnxFile::integers(file.node("MaxPool", {"p"}, "out"), "kernel_shape", {3, 3});
    return count<Pad>(file.end_in_linear("out").read());
  };
  EXPECT_EQ(nodes(-std::numeric_limits<float>::infinity()), 0U);
  EXPECT_EQ(nodes(-std::numeric_limits<float>::max()), 0U);
  EXPECT_EQ(nodes(0), 1U);
}

TEST(Import, auto_pad_is_resolved_for_the_declared_size) {
  const auto pads = [](const char* how, std::int64_t height, std::int64_t stride) {
    OnnxFile file;
    file.declare({1, 2, height, 8});
    OnnxFile::text(file.first_node(), "auto_pad", how);
    OnnxFile::integers(file.first_node(), "strides", {stride, 1});
    return std::get<Convolution>(file.end_in_linear().read().nodes[0].operation).pads;
  };
  EXPECT_THAT(pads("SAME_UPPER", 8, 2), ElementsAre(0, 1, 1, 1));
  EXPECT_THAT(pads("SAME_LOWER", 8, 2), ElementsAre(1, 1, 0, 1));
  EXPECT_THAT(pads("SAME_UPPER", 7, 2), ElementsAre(1, 1, 1, 1));
  EXPECT_THAT(pads("SAME_UPPER", 7, 4), ElementsAre(0, 1, 0, 1));
  EXPECT_THAT(pads("VALID", 8, 2), ElementsAre(0, 0, 0, 0));
  OnnxFile open;
  OnnxFile::text(open.first_node(), "auto_pad", "SAME_UPPER");
  EXPECT_EQ(open.end_in_linear().error(), "");  // a stride of 1 needs no size
  OnnxFile strided;
  OnnxFile::text(strided.first_node(), "auto_pad", "SAME_UPPER");
  OnnxFile::integers(strided.first_node(), "strides", {2, 2});
  EXPECT_THAT(strided.end_in_linear().error(), HasSubstr("depends on the size of the pictures"));
}

/// Reshape of "pooled" to [its own batch, rest], as PyTorch writes x.view(x.size(0), -1).
void view_as_matrix(OnnxFile& file, std::int64_t opset) {
  file.opset(opset);
  file.node("GlobalAveragePool", {"features"}, "pooled");
  file.node("Shape", {"pooled"}, "shape");
  file.integer_tensor("rest", {-1});
  onnx::TensorProto& zero = *file.model().mutable_graph()->add_initializer();
  zero.set_name("zero");
  zero.set_data_type(onnx::TensorProto::INT64);
  zero.add_int64_data(0);
  file.node("Gather", {"shape", "zero"}, "batch");
  if (opset < 13) {
    OnnxFile::integers(file.node("Unsqueeze", {"batch"}, "batches"), "axes", {0});
  } else {
    file.integer_tensor("axes", {0});
    file.node("Unsqueeze", {"batch", "axes"}, "batches");
  }
  OnnxFile::integer(file.node("Concat", {"batches", "rest"}, "target"), "axis", 0);
  file.node("Reshape", {"pooled", "target"}, "flat");
  file.weight("fc", {3, 4});
  OnnxFile::integer(file.node("Gemm", {"flat", "fc"}, "logits"), "transB", 1);
}

TEST(Import, a_shape_that_nodes_compute_is_a_flatten) {
  for (const std::int64_t opset : {11, 13, 17}) {
    OnnxFile file;
    view_as_matrix(file, opset);
    const Graph graph = file.read();
    EXPECT_EQ(graph.nodes.size(), 4U);
    EXPECT_TRUE(std::holds_alternative<Flatten>(graph.producer("flat")->operation));
  }
}

TEST(Import, a_mean_of_columns_is_a_global_average) {
  OnnxFile file;
  file.integer_tensor("columns", {0, 0, -1});
  file.node("Reshape", {"features", "columns"}, "c");
  onnx::NodeProto& mean = file.node("ReduceMean", {"c"}, "flat");
  OnnxFile::integers(mean, "axes", {-1});
  OnnxFile::integer(mean, "keepdims", 0);
  file.weight("fc", {3, 4});
  OnnxFile::integer(file.node("Gemm", {"flat", "fc"}, "logits"), "transB", 1);
  EXPECT_EQ(count<GlobalAveragePool>(file.read()), 1U);
}

TEST(Import, squeeze_and_excitation_by_linear_layers_becomes_convolutions) {
  OnnxFile file;
  file.node("GlobalAveragePool", {"features"}, "squeezed");
  file.node("Flatten", {"squeezed"}, "row");
  file.weight("down", {2, 4});
  file.weight("up", {4, 2});
  OnnxFile::integer(file.node("Gemm", {"row", "down"}, "d"), "transB", 1);
  file.node("Relu", {"d"}, "r");
  OnnxFile::integer(file.node("Gemm", {"r", "up"}, "u"), "transB", 1);
  file.node("Sigmoid", {"u"}, "g");
  file.integer_tensor("pixel", {-1, 4, 1, 1});
  file.node("Reshape", {"g", "pixel"}, "gate");
  file.node("Shape", {"features"}, "shape");
  file.node("Expand", {"gate", "shape"}, "wide");
  file.node("Mul", {"wide", "features"}, "out");
  const Graph graph = file.end_in_linear("out").read();
  EXPECT_EQ(count<Convolution>(graph), 3U);
  EXPECT_EQ(count<Flatten>(graph), 1U);  // the last one
  EXPECT_EQ(graph.tensor("down").shape, (Shape{2, 4, 1, 1}));
  EXPECT_THAT(graph.producer("out")->inputs, ElementsAre("features", "g"));
  EXPECT_EQ(infer_shapes(graph, {2, 2, 9, 7}).at("logits"), (Shape{2, 3}));
}

TEST(Import, a_gate_is_always_the_second_factor) {
  for (const bool gate_first : {true, false}) {
    OnnxFile file;
    onnx::NodeProto& mean = file.node("ReduceMean", {"features"}, "squeezed");
    OnnxFile::integers(mean, "axes", {2, 3});
    file.weight("w2", {4, 4, 1, 1});
    file.node("Conv", {"squeezed", "w2"}, "c");
    file.node("Sigmoid", {"c"}, "gate");
    file.node("Mul", {gate_first ? "gate" : "features", gate_first ? "features" : "gate"}, "out");
    EXPECT_THAT(file.end_in_linear("out").read().producer("out")->inputs, ElementsAre("features", "gate"));
  }
}

TEST(Import, transpositions_that_cancel_are_dropped_and_others_refused) {
  OnnxFile file;
  OnnxFile::integers(file.node("Transpose", {"features"}, "t"), "perm", {0, 2, 3, 1});
  OnnxFile::integers(file.node("Transpose", {"t"}, "back"), "perm", {0, 3, 1, 2});
  EXPECT_EQ(file.end_in_linear("back").read().nodes.size(), 4U);
  OnnxFile left;
  OnnxFile::integers(left.node("Transpose", {"features"}, "t"), "perm", {0, 2, 3, 1});
  EXPECT_THAT(left.end_in_linear("t").error(), HasSubstr("a Transpose that no later one undoes"));
  OnnxFile weight;
  weight.node("GlobalAveragePool", {"features"}, "pooled");
  weight.node("Flatten", {"pooled"}, "flat");
  weight.weight("fc", {3, 4});
  OnnxFile::integers(weight.node("Transpose", {"fc"}, "turned"), "perm", {1, 0});
  weight.node("MatMul", {"flat", "turned"}, "logits");
  const Graph graph = weight.read();
  EXPECT_EQ(graph.tensor(graph.nodes.back().inputs[1]).values[5], 5);  // turned twice
}

TEST(Import, squeezing_one_pixel_is_a_flatten) {
  OnnxFile file;
  file.opset(11);
  file.node("GlobalAveragePool", {"features"}, "pooled");
  OnnxFile::integers(file.node("Squeeze", {"pooled"}, "a"), "axes", {3});
  OnnxFile::integers(file.node("Squeeze", {"a"}, "flat"), "axes", {2});
  file.weight("fc", {3, 4});
  OnnxFile::integer(file.node("Gemm", {"flat", "fc"}, "logits"), "transB", 1);
  EXPECT_EQ(count<Flatten>(file.read()), 1U);
}

TEST(Import, what_leads_nowhere_is_left_out) {
  OnnxFile file;
  file.weight("w2", {4, 4, 1, 1});
  file.node("Conv", {"features", "w2"}, "unused");
  const Graph graph = file.end_in_linear().read();
  EXPECT_EQ(graph.nodes.size(), 4U);
  EXPECT_FALSE(graph.tensors.contains("w2"));
}

TEST(Import, constants_as_nodes_serve_as_weights) {
  OnnxFile file;
  onnx::NodeProto& constant = file.node("Constant", {}, "fc");
  onnx::AttributeProto& value = *constant.add_attribute();
  value.set_name("value");
  value.mutable_t()->set_data_type(onnx::TensorProto::FLOAT);
  value.mutable_t()->add_dims(4);
  value.mutable_t()->add_dims(3);
  value.mutable_t()->set_raw_data(std::string(48, '\0'));
  file.node("GlobalAveragePool", {"features"}, "pooled");
  file.node("Flatten", {"pooled"}, "flat");
  file.node("MatMul", {"flat", "fc"}, "logits");
  EXPECT_EQ(class_count(file.read()), 3U);
}

}  // namespace
}  // namespace niwaki
