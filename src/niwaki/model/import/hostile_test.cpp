#include <cmath>
#include <functional>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/model/onnx_file_for_tests.hpp"

namespace niwaki {
namespace {

using ::testing::HasSubstr;

TEST(HostileOnnx, an_operator_that_is_not_held_is_named_with_its_node) {
  OnnxFile file;
  file.node("Softmax", {"features"}, "logits");
  EXPECT_THAT(file.error(),
              HasSubstr("the operator 'Softmax' is not held: file.onnx, node 'Softmax of the test' (Softmax)"));
  OnnxFile other;
  other.first_node().set_domain("com.microsoft");
  EXPECT_THAT(other.error(), HasSubstr("is not held"));
}

TEST(HostileOnnx, attributes_that_would_be_passed_over_are_refused) {
  OnnxFile automatic;
  onnx::AttributeProto& attribute = *automatic.first_node().add_attribute();
  attribute.set_name("auto_pad");
  attribute.set_type(onnx::AttributeProto::STRING);
  attribute.set_s("SAME");
  EXPECT_THAT(automatic.error(), HasSubstr("auto_pad 'SAME'"));
  OnnxFile unknown;
  OnnxFile::integer(unknown.first_node(), "surprise", 1);
  EXPECT_THAT(unknown.error(), HasSubstr("'surprise'"));
  OnnxFile strides;
  OnnxFile::integers(strides.first_node(), "strides", {0, 1});
  EXPECT_THAT(strides.error(), HasSubstr("'strides'"));
  OnnxFile pads;
  OnnxFile::integers(pads.first_node(), "pads", {-1, 0, 0, 0});
  EXPECT_THAT(pads.error(), HasSubstr("'pads'"));
  OnnxFile groups;
  OnnxFile::integer(groups.first_node(), "group", 0);
  EXPECT_THAT(groups.error(), HasSubstr("0 groups"));
}

TEST(HostileOnnx, a_broken_graph_is_named_by_node) {
  OnnxFile cycle;
  cycle.node("Add", {"features", "later"}, "sooner");
  cycle.node("Relu", {"sooner"}, "later");
  EXPECT_THAT(cycle.error(), HasSubstr("'later' (missing, out of order, or a cycle)"));
  OnnxFile twice;
  twice.node("Relu", {"features"}, "features");
  EXPECT_THAT(twice.error(), HasSubstr("'features' is made twice"));
  OnnxFile weight_twice;
  weight_twice.weight("w", {1});
  EXPECT_THAT(weight_twice.error(), HasSubstr("'w' is there twice"));
  OnnxFile no_weight;
  no_weight.node("Conv", {"features", "features"}, "x");
  EXPECT_THAT(no_weight.error(), HasSubstr("not a weight in the file"));
  OnnxFile outputs;
  outputs.model().mutable_graph()->add_output()->set_name("features");
  EXPECT_THAT(outputs.error(), HasSubstr("2 outputs"));
  OnnxFile unmade;
  EXPECT_THAT(unmade.error(), HasSubstr("no node makes the output"));
}

TEST(HostileOnnx, hostile_weights_are_refused_before_they_are_held) {
  const auto error_with = [](const std::function<void(onnx::TensorProto&)>& change) {
    OnnxFile file;
    file.end_in_linear();
    change(file.first_weight());
    return file.error();
  };
  EXPECT_EQ(error_with([](onnx::TensorProto&) {}), "");
  EXPECT_THAT(error_with([](onnx::TensorProto& w) { w.set_dims(0, std::int64_t{1} << 62); }), HasSubstr("overflows"));
  EXPECT_THAT(error_with([](onnx::TensorProto& w) { w.set_dims(0, 1'000'000); }), HasSubstr("has 72"));
  EXPECT_THAT(error_with([](onnx::TensorProto& w) { w.set_dims(0, -4); }), HasSubstr("length of -4"));
  EXPECT_THAT(error_with([](onnx::TensorProto& w) { w.set_float_data(0, NAN); }), HasSubstr("not a finite number"));
  EXPECT_THAT(error_with([](onnx::TensorProto& w) { w.set_float_data(0, INFINITY); }),
              HasSubstr("not a finite number"));
  EXPECT_THAT(error_with([](onnx::TensorProto& w) { w.set_raw_data("1234"); }), HasSubstr("has 4 bytes"));
  EXPECT_THAT(error_with([](onnx::TensorProto& w) { w.set_data_type(onnx::TensorProto::FLOAT16); }),
              HasSubstr("not float32 but FLOAT16"));
  EXPECT_THAT(error_with([](onnx::TensorProto& w) { w.set_data_location(onnx::TensorProto::EXTERNAL); }),
              HasSubstr("outside the file"));
}

TEST(HostileOnnx, a_pool_or_padding_out_of_range_is_named) {
  OnnxFile pads;
  pads.integer_tensor("pads", {0, 0, -1, 0, 0, 0, 0, 0});
  pads.node("Pad", {"features", "pads"}, "p");
  EXPECT_THAT(pads.error(), HasSubstr("a padding of -1: file.onnx, node 'Pad of the test' (Pad)"));
  OnnxFile batch;
  batch.integer_tensor("pads", {1, 0, 0, 0, 0, 0, 0, 0});
  batch.node("Pad", {"features", "pads"}, "p");
  EXPECT_THAT(batch.error(), HasSubstr("height and width alone"));
  OnnxFile kernel;
  OnnxFile::integers(kernel.node("MaxPool", {"features"}, "m"), "kernel_shape", {std::int64_t{1} << 40, 1});
  EXPECT_THAT(kernel.error(), HasSubstr("'kernel_shape'"));
  OnnxFile epsilon;
  for (const char* name : {"a", "b", "c", "d"}) {
    epsilon.weight(name, {4});
  }
  OnnxFile::number(epsilon.node("BatchNormalization", {"features", "a", "b", "c", "d"}, "n"), "epsilon", NAN);
  EXPECT_THAT(epsilon.error(), HasSubstr("an epsilon of nan"));
}

TEST(HostileOnnx, channels_that_double_until_they_overflow_are_refused) {
  OnnxFile file;
  file.declare({1, 2, 8, 8});
  std::string last = "features";
  for (int i = 0; i < 70; ++i) {
    const std::string next = fmt::format("j{}", i);
    OnnxFile::integer(file.node("Concat", {last, last}, next), "axis", 1);
    last = next;
  }
  file.end_in_linear(last);
  EXPECT_THAT(file.error(), HasSubstr("its output has too many values: file.onnx, node 'Concat of the test"));
  OnnxFile open;  // of no declared size: found when the network meets its first picture
  last = "features";
  for (int i = 0; i < 70; ++i) {
    const std::string next = fmt::format("j{}", i);
    OnnxFile::integer(open.node("Concat", {last, last}, next), "axis", 1);
    last = next;
  }
  open.end_in_linear(last);
  const Graph graph = open.read();
  EXPECT_THROW(infer_shapes(graph, {1, 2, 8, 8}), InputError);
}

TEST(HostileOnnx, a_declared_size_out_of_range_is_refused) {
  OnnxFile large;
  large.declare({1, 2, std::int64_t{1} << 50, 8});
  EXPECT_THAT(large.error(), HasSubstr("a length of 1125899906842624"));
  OnnxFile small;
  small.declare({1, 2, 2, 2});
  EXPECT_THAT(small.end_in_linear().error(), HasSubstr("a window of 3 does not fit into 2: file.onnx, node 'Conv"));
  OnnxFile flat;
  flat.declare({1, 2});
  EXPECT_THAT(flat.error(), HasSubstr("2 dimensions"));
}

TEST(HostileOnnx, huge_lists_of_attributes_are_refused) {
  OnnxFile strides;
  OnnxFile::integers(strides.first_node(), "strides", std::vector<std::int64_t>(1'000'000, 1));
  EXPECT_THAT(strides.error(), HasSubstr("the attribute 'strides' is not two lengths"));
  OnnxFile many;
  for (int i = 0; i < 100'000; ++i) {
    OnnxFile::integer(many.first_node(), "surprise", i);
  }
  EXPECT_THAT(many.error(), HasSubstr("'surprise' is not held"));
  OnnxFile shape;
  shape.integer_tensor("length", {std::int64_t{1} << 40});
  shape.node("ConstantOfShape", {"length"}, "many zeros");
  EXPECT_THAT(shape.error(), HasSubstr("node 'ConstantOfShape of the test'"));
}

TEST(HostileOnnx, nesting_without_end_is_refused) {
  OnnxFile shallow;
  onnx::GraphProto* inner = shallow.model().mutable_graph();
  for (int depth = 0; depth < 10; ++depth) {
    onnx::NodeProto& node = *inner->add_node();
    node.set_op_type("If");
    node.add_output("x");
    onnx::AttributeProto& branch = *node.add_attribute();
    branch.set_name("then_branch");
    inner = branch.mutable_g();
  }
  EXPECT_THAT(shallow.error(), HasSubstr("the operator 'If' is not held"));
  // Graph, node, attribute, graph, ... each the only thing in the one before.
  std::string bytes;
  const auto wrap = [&](char tag) {
    std::string length;
    for (std::size_t left = bytes.size(); left > 0 || length.empty(); left >>= 7) {
      length += static_cast<char>((left & 0x7F) | (left >> 7 > 0 ? 0x80 : 0));
    }
    bytes = tag + length + bytes;
  };
  for (int depth = 0; depth < 2000; ++depth) {
    wrap(0x32);  // AttributeProto.g
    wrap(0x2A);  // NodeProto.attribute
    wrap(0x0A);  // GraphProto.node
  }
  wrap(0x3A);  // ModelProto.graph
  EXPECT_THROW(parse_onnx(bytes, "deep.onnx"), InputError);
}

TEST(HostileOnnx, names_in_messages_are_short_and_printable) {
  OnnxFile file;
  file.node(std::string(100'000, 'x'), {"features"}, "logits").set_name("two\nlines\x1b[31m");
  EXPECT_LT(file.error().size(), 2000U);
  EXPECT_THAT(file.error(), HasSubstr("node 'two?lines?[31m'"));
}

TEST(HostileOnnx, thousands_of_one_name_are_numbered_in_time) {
  OnnxFile file;
  std::string last = "features";
  for (int i = 0; i < 20'000; ++i) {
    const std::string next = fmt::format("v{}", i);
    file.node("Relu", {last}, next).set_name("same");
    last = next;
  }
  EXPECT_EQ(file.end_in_linear(last).read().nodes.size(), 20'004U);
}

TEST(HostileOnnx, networks_in_training_mode_are_refused) {
  OnnxFile file;
  onnx::TensorProto& training = *file.model().mutable_graph()->add_initializer();
  training.set_name("training");
  training.set_data_type(onnx::TensorProto::BOOL);
  training.set_raw_data("\x01");
  file.scalar("ratio", 0.5F);
  file.node("Dropout", {"features", "ratio", "training"}, "dropped");
  EXPECT_THAT(file.error(), HasSubstr("exported in training mode"));
}

TEST(HostileOnnx, weights_and_constants_that_are_no_numbers_are_named) {
  OnnxFile bias;
  bias.weight("b", {4}).set_float_data(2, NAN);
  bias.first_node().add_input("b");
  EXPECT_THAT(bias.end_in_linear().error(),
              HasSubstr("not a finite number: file.onnx, node 'Conv of the test' (Conv), weight 'b'"));
  OnnxFile bound;
  bound.scalar("low", NAN);
  bound.node("Clip", {"features", "low"}, "c");
  EXPECT_THAT(bound.error(), HasSubstr("its input 'low' is not one number"));
  OnnxFile zero;
  zero.scalar("nothing", 0);
  zero.node("Div", {"features", "nothing"}, "d");
  EXPECT_THAT(zero.error(), HasSubstr("divides by zero"));
}

}  // namespace
}  // namespace niwaki
