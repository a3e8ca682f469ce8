#pragma once

#include <string>
#include <vector>

#include <onnx/onnx_pb.h>

#include "niwaki/core/error.hpp"
#include "niwaki/model/onnx.hpp"

namespace niwaki {

/// A file that others might have made: input [batch, 2, 8, 8], conv "w" [4, 2, 3, 3], then what the test adds.
class OnnxFile {
 public:
  OnnxFile() {
    model_.set_ir_version(7);
    model_.add_opset_import()->set_version(13);
    onnx::GraphProto& graph = *model_.mutable_graph();
    graph.set_name("made by a test");
    graph.add_input()->set_name("input");
    graph.add_output()->set_name("logits");
    weight("w", {4, 2, 3, 3});
    node("Conv", {"input", "w"}, "features");
  }
  onnx::TensorProto& weight(const std::string& name, const std::vector<std::int64_t>& shape) {
    onnx::TensorProto& tensor = *model_.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    std::int64_t count = 1;
    for (const std::int64_t length : shape) {
      tensor.add_dims(length);
      count *= length;
    }
    for (std::int64_t i = 0; i < count; ++i) {
      tensor.add_float_data(static_cast<float>(i));
    }
    return tensor;
  }
  void integer_tensor(const std::string& name, const std::vector<std::int64_t>& values) {
    onnx::TensorProto& tensor = *model_.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::INT64);
    tensor.add_dims(static_cast<std::int64_t>(values.size()));
    tensor.mutable_int64_data()->Add(values.begin(), values.end());
  }
  onnx::NodeProto& node(const std::string& op, const std::vector<std::string>& inputs, const std::string& output) {
    onnx::NodeProto& node = *model_.mutable_graph()->add_node();
    node.set_name(op + " of the test");
    node.set_op_type(op);
    for (const std::string& input : inputs) {
      node.add_input(input);
    }
    node.add_output(output);
    return node;
  }
  OnnxFile& end_in_linear(const std::string& features = "features") {
    node("GlobalAveragePool", {features}, "pooled");
    node("Flatten", {"pooled"}, "flat");
    weight("fc", {3, 4});
    integer(node("Gemm", {"flat", "fc"}, "logits"), "transB", 1);
    return *this;
  }
  static void integer(onnx::NodeProto& node, const char* name, std::int64_t value) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(value);
  }
  static void integers(onnx::NodeProto& node, const char* name, const std::vector<std::int64_t>& values) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) {
      attribute.add_ints(value);
    }
  }
  /// The size of the pictures, batch first.
  void declare(const std::vector<std::int64_t>& lengths) {
    onnx::TypeProto_Tensor& type = *model_.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t length : lengths) {
      type.mutable_shape()->add_dim()->set_dim_value(length);
    }
  }
  static void text(onnx::NodeProto& node, const char* name, const std::string& value) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::STRING);
    attribute.set_s(value);
  }
  static void number(onnx::NodeProto& node, const char* name, float value) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::FLOAT);
    attribute.set_f(value);
  }
  void scalar(const std::string& name, float value) { weight(name, {}).set_float_data(0, value); }
  void opset(std::int64_t version) { model_.mutable_opset_import(0)->set_version(version); }

  [[nodiscard]] Graph read() const { return parse_onnx(model_.SerializeAsString(), "file.onnx"); }
  [[nodiscard]] std::string error() const {
    try {
      (void)read();
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }
  onnx::ModelProto& model() { return model_; }
  onnx::TensorProto& first_weight() { return *model_.mutable_graph()->mutable_initializer(0); }
  onnx::NodeProto& first_node() { return *model_.mutable_graph()->mutable_node(0); }

 private:
  onnx::ModelProto model_;
};

}  // namespace niwaki
