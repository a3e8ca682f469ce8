#include "niwaki/model/import/unflatten.hpp"

#include <vector>

namespace niwaki::onnx_import {
namespace {

bool is_activation(const Operation& operation) {
  return std::holds_alternative<Relu>(operation) || std::holds_alternative<Clip>(operation) ||
         std::holds_alternative<Sigmoid>(operation) || std::holds_alternative<HardSigmoid>(operation) ||
         std::holds_alternative<HardSwish>(operation);
}

/// The names of the values between the Flatten and `value`, the last one first; `flattened` is what the Flatten takes.
std::vector<std::string> chain_to(Importer& importer, const OnnxNode& node, const std::string& value,
                                  std::string& flattened) {
  std::vector<std::string> chain;
  for (std::string name = value;;) {
    const Node* producer = importer.producer(name);
    if (producer != nullptr && std::holds_alternative<Flatten>(producer->operation) &&
        importer.known(producer->inputs[0]).pooled) {
      flattened = producer->inputs[0];
      return chain;
    }
    const bool held = producer != nullptr &&
                      (std::holds_alternative<Linear>(producer->operation) || is_activation(producer->operation));
    if (!held || importer.uses(name) > 1) {
      node.refuse("[batch, features] becomes an image, which is held after global pooling and linear layers alone");
    }
    chain.push_back(name);
    name = producer->inputs[0];
  }
}

void become_convolution(Importer& importer, Node& linear) {
  linear.inputs[1] = importer.changeable(linear.inputs[1], "filters");
  Shape& shape = importer.graph().tensor(linear.inputs[1]).shape;
  shape = {shape[0], shape[1], 1, 1};
  linear.operation = Convolution{};
}

}  // namespace

std::string unflatten(Importer& importer, const OnnxNode& node, const std::string& value) {
  std::string before;
  const std::vector<std::string> chain = chain_to(importer, node, value, before);
  for (std::size_t i = chain.size(); i-- > 0;) {
    Node& layer = *importer.producer(chain[i]);
    layer.inputs[0] = before;
    if (std::holds_alternative<Linear>(layer.operation)) {
      become_convolution(importer, layer);
    }
    importer.describe_again(layer);
    before = layer.output;
  }
  return before;
}

}  // namespace niwaki::onnx_import
