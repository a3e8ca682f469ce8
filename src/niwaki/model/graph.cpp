#include "niwaki/model/graph.hpp"

#include <algorithm>
#include <set>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

struct OperatorName {
  const char* operator()(const Convolution&) const { return "Conv"; }
  const char* operator()(const BatchNormalization&) const { return "BatchNormalization"; }
  const char* operator()(const Relu&) const { return "Relu"; }
  const char* operator()(const Clip&) const { return "Clip"; }
  const char* operator()(const Sigmoid&) const { return "Sigmoid"; }
  const char* operator()(const HardSigmoid&) const { return "HardSigmoid"; }
  const char* operator()(const HardSwish&) const { return "HardSwish"; }
  const char* operator()(const Add&) const { return "Add"; }
  const char* operator()(const Multiply&) const { return "Mul"; }
  const char* operator()(const Concatenate&) const { return "Concat"; }
  const char* operator()(const Pad&) const { return "Pad"; }
  const char* operator()(const MaxPool&) const { return "MaxPool"; }
  const char* operator()(const AveragePool&) const { return "AveragePool"; }
  const char* operator()(const GlobalAveragePool&) const { return "GlobalAveragePool"; }
  const char* operator()(const Flatten&) const { return "Flatten"; }
  const char* operator()(const Linear&) const { return "Gemm"; }
};

[[noreturn]] void refuse(const Node& node, const std::string& problem) {
  throw InputError(problem, fmt::format("node '{}' ({})", node.name, operator_name(node.operation)),
                   "export the network again");
}

/// How many inputs an operator takes, and from which one on they are tensors.
struct Inputs {
  std::size_t least;
  std::size_t most;
  std::size_t first_tensor;
};

Inputs inputs_of(const Operation& operation) {
  constexpr std::size_t kMany = 1000000;
  if (std::holds_alternative<Convolution>(operation) || std::holds_alternative<Linear>(operation)) {
    return {2, 3, 1};
  }
  if (std::holds_alternative<BatchNormalization>(operation)) {
    return {5, 5, 1};
  }
  if (std::holds_alternative<Add>(operation) || std::holds_alternative<Multiply>(operation)) {
    return {2, 2, 2};
  }
  if (std::holds_alternative<Concatenate>(operation)) {
    return {1, kMany, kMany};
  }
  return {1, 1, 1};
}

std::size_t weight_rank(const Operation& operation) {
  if (std::holds_alternative<Convolution>(operation)) {
    return 4;
  }
  return std::holds_alternative<Linear>(operation) ? 2 : 1;
}

void check_tensors(const Graph& graph, const Node& node, const Inputs& expected) {
  for (std::size_t i = expected.first_tensor; i < node.inputs.size(); ++i) {
    const auto found = graph.tensors.find(node.inputs[i]);
    if (found == graph.tensors.end()) {
      refuse(node, fmt::format("the weight '{}' is not in the file", node.inputs[i]));
    }
    const Shape& shape = found->second.shape;
    const std::size_t rank = i == expected.first_tensor ? weight_rank(node.operation) : 1;
    if (shape.size() != rank) {
      refuse(node, fmt::format("the weight '{}' has {} dimensions, not {}", node.inputs[i], shape.size(), rank));
    }
    const Shape& first = graph.tensors.at(node.inputs[expected.first_tensor]).shape;
    if (shape[0] != first[0]) {
      refuse(node, fmt::format("the weight '{}' is for {} channels, not {}", node.inputs[i], shape[0], first[0]));
    }
  }
}

/// The weight that says how many channels come out of the chain of nodes that ends in the output, or nullptr.
const Tensor* last_weight(const Graph& graph) {
  std::string value = graph.output;
  for (std::size_t left = graph.nodes.size(); left-- > 0;) {  // each node after what it reads
    const Node& node = graph.nodes[left];
    if (node.output != value) {
      continue;
    }
    if (std::holds_alternative<Linear>(node.operation) || std::holds_alternative<Convolution>(node.operation)) {
      return &graph.tensor(node.inputs[1]);
    }
    if (std::holds_alternative<Concatenate>(node.operation)) {
      return nullptr;
    }
    value = node.inputs[0];
  }
  return nullptr;
}

}  // namespace

const char* operator_name(const Operation& operation) {
  return std::visit(OperatorName{}, operation);
}

const Tensor& Graph::tensor(const std::string& tensor_name) const {
  const auto found = tensors.find(tensor_name);
  NIWAKI_CHECK(found != tensors.end(), "no tensor '{}'", tensor_name);
  return found->second;
}

Tensor& Graph::tensor(const std::string& tensor_name) {
  const auto found = tensors.find(tensor_name);
  NIWAKI_CHECK(found != tensors.end(), "no tensor '{}'", tensor_name);
  return found->second;
}

void Graph::add_tensor(const std::string& tensor_name, Tensor tensor) {
  const bool fresh = tensors.emplace(tensor_name, std::move(tensor)).second;
  NIWAKI_CHECK(fresh, "the tensor '{}' is there already", tensor_name);
  tensor_order.push_back(tensor_name);
}

const Node* Graph::producer(const std::string& value) const {
  for (const Node& node : nodes) {
    if (node.output == value) {
      return &node;
    }
  }
  return nullptr;
}

void check(const Graph& graph) {
  std::set<std::string> values = {graph.input};
  for (const Node& node : graph.nodes) {
    const Inputs expected = inputs_of(node.operation);
    if (node.inputs.size() < expected.least || node.inputs.size() > expected.most) {
      refuse(node, fmt::format("{} inputs", node.inputs.size()));
    }
    for (std::size_t i = 0; i < std::min(expected.first_tensor, node.inputs.size()); ++i) {
      if (!values.contains(node.inputs[i])) {
        refuse(node, fmt::format("nothing before it makes its input '{}'", node.inputs[i]));
      }
    }
    check_tensors(graph, node, expected);
    if (!values.insert(node.output).second || graph.tensors.contains(node.output)) {
      refuse(node, fmt::format("the value '{}' is made twice", node.output));
    }
  }
  if (!values.contains(graph.output) || graph.output == graph.input) {
    throw InputError(fmt::format("no node makes the output '{}'", graph.output), "network", "export the network again");
  }
  const std::size_t classes = class_count(graph);
  if (!graph.classes.empty() && graph.classes.size() != classes) {
    throw InputError(fmt::format("{} class names for {} outputs", graph.classes.size(), classes),
                     "metadata niwaki.classes", "name each output once");
  }
}

std::size_t input_channels(const Graph& graph) {
  if (graph.preprocessing) {
    return graph.preprocessing->channels;
  }
  for (const Node& node : graph.nodes) {
    const auto* convolution = std::get_if<Convolution>(&node.operation);
    if (convolution != nullptr && node.inputs[0] == graph.input) {
      return static_cast<std::size_t>(graph.tensor(node.inputs[1]).shape[1] * convolution->groups);
    }
  }
  return 0;
}

std::size_t class_count(const Graph& graph) {
  const Tensor* weight = last_weight(graph);
  if (weight == nullptr) {
    throw InputError("how many classes the network has cannot be told", fmt::format("output '{}'", graph.output),
                     "let it end in a linear layer or a convolution with global pooling");
  }
  return static_cast<std::size_t>(weight->shape[0]);
}

std::map<std::string, std::size_t> use_counts(const Graph& graph) {
  std::map<std::string, std::size_t> uses;
  for (const Node& node : graph.nodes) {
    for (const std::string& input : node.inputs) {
      ++uses[input];
    }
  }
  ++uses[graph.output];
  return uses;
}

std::size_t parameter_count(const Graph& graph) {
  std::set<std::string> counted;
  std::size_t count = 0;
  for (const Node& node : graph.nodes) {
    const bool normalisation = std::holds_alternative<BatchNormalization>(node.operation);
    const std::size_t last = normalisation ? 3 : node.inputs.size();  // mean and variance are not trained
    for (std::size_t i = inputs_of(node.operation).first_tensor; i < last; ++i) {
      if (counted.insert(node.inputs[i]).second) {
        count += graph.tensor(node.inputs[i]).size();
      }
    }
  }
  return count;
}

std::vector<PrunableLayer> prunable_layers(const Graph& graph) {
  std::set<std::string> seen;
  std::vector<PrunableLayer> layers;
  for (const Node& node : graph.nodes) {
    const bool prunable =
        std::holds_alternative<Convolution>(node.operation) || std::holds_alternative<Linear>(node.operation);
    if (prunable && seen.insert(node.inputs[1]).second) {
      layers.push_back({node.name, operator_name(node.operation), node.inputs[1]});
    }
  }
  return layers;
}

}  // namespace niwaki
