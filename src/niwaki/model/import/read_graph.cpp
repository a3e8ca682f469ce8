#include "niwaki/model/import/read_graph.hpp"

#include <map>
#include <vector>

#include <onnx/onnx_pb.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/model/import/operators.hpp"

namespace niwaki::onnx_import {
namespace {

using Handler = void (*)(Importer&, const OnnxNode&);

const std::map<std::string, Handler>& handlers() {
  static const std::map<std::string, Handler> all = {
      {"Add", read_add},
      {"AveragePool", read_average_pool},
      {"BatchNormalization", read_batch_normalization},
      {"Cast", read_cast},
      {"Clip", read_clip},
      {"Concat", read_concat},
      {"Constant", read_constant},
      {"ConstantOfShape", read_constant_of_shape},
      {"Conv", read_conv},
      {"Div", read_div},
      {"Dropout", read_dropout},
      {"Expand", read_expand},
      {"Flatten", read_flatten},
      {"Gather", read_gather},
      {"Gemm", read_gemm},
      {"GlobalAveragePool", read_global_average_pool},
      {"HardSigmoid", read_hard_sigmoid},
      {"HardSwish", read_hard_swish},
      {"Identity", read_identity},
      {"MatMul", read_matmul},
      {"MaxPool", read_max_pool},
      {"Mul", read_mul},
      {"Pad", read_pad},
      {"ReduceMean", read_reduce_mean},
      {"Relu", read_relu},
      {"Reshape", read_reshape},
      {"Shape", read_shape_of},
      {"Sigmoid", read_sigmoid},
      {"Slice", read_slice},
      {"Squeeze", read_squeeze},
      {"Sub", read_sub},
      {"Transpose", read_transpose},
      {"Unsqueeze", read_unsqueeze},
  };
  return all;
}

[[noreturn]] void refuse_operator(const OnnxNode& node) {
  std::vector<std::string> held;
  for (const auto& [name, handler] : handlers()) {
    held.push_back(name);
  }
  throw InputError(fmt::format("the operator '{}' is not held", printable(node.op())), node.where(),
                   fmt::format("export the network without it; held are {}", joined(held, ", ")));
}

void read_node(Importer& importer, onnx::NodeProto& proto, std::size_t position, const std::string& file) {
  const OnnxNode node(proto, position, file);
  const auto found = handlers().find(node.op());
  const bool standard = proto.domain().empty() || proto.domain() == "ai.onnx";
  if (standard && node.output_count() == 1 && read_integer_operator(importer, node)) {
    return;
  }
  if (found == handlers().end() || !standard) {
    refuse_operator(node);
  }
  if (node.output_count() > 1) {
    node.refuse("a second output is not held");
  }
  found->second(importer, node);
}

}  // namespace

Graph read_graph(OnnxFileContent& content, std::int64_t opset, const std::string& file) {
  Importer importer(content, opset, file);
  std::size_t position = 0;
  for (onnx::NodeProto& node : *content.model.mutable_graph()->mutable_node()) {
    read_node(importer, node, position++, file);
  }
  return importer.finish();
}

}  // namespace niwaki::onnx_import
