#include "niwaki/train/repair/layer_output.hpp"

#include <map>
#include <variant>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

bool has_weight(const Node& node) {
  return std::holds_alternative<Convolution>(node.operation) || std::holds_alternative<Linear>(node.operation);
}

}  // namespace

std::vector<std::size_t> layers_to_repair(const Graph& graph, std::vector<std::string>& notes) {
  const std::map<std::string, std::size_t> uses = use_counts(graph);
  std::vector<std::size_t> layers;
  std::size_t shared = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!has_weight(graph.nodes[i])) {
      continue;
    }
    if (uses.at(graph.nodes[i].inputs[1]) == 1) {
      layers.push_back(i);
    } else {
      ++shared;
    }
  }
  if (shared > 0) {
    notes.push_back(fmt::format("{} layers share their weights with others and were left as pruned", shared));
  }
  return layers;
}

ShiftPlace shift_place(const Graph& graph, std::size_t layer) {
  const Node& node = graph.nodes[layer];
  if (node.inputs.size() > 2) {
    return {.node = layer, .input = 2, .subtract = false, .found = true};
  }
  if (use_counts(graph).at(node.output) == 1) {
    for (std::size_t i = layer + 1; i < graph.nodes.size(); ++i) {
      const Node& reader = graph.nodes[i];
      if (reader.inputs[0] == node.output && std::holds_alternative<BatchNormalization>(reader.operation)) {
        return {.node = i, .input = 3, .subtract = true, .found = true};
      }
    }
  }
  return {};
}

void add_shift(Graph& graph, const ShiftPlace& place, const std::vector<double>& shift) {
  NIWAKI_CHECK(place.found, "no place for a shift");
  Tensor& tensor = own_tensor(graph, place.node, place.input);
  NIWAKI_CHECK(tensor.size() == shift.size(), "{} channels, {} shifts", tensor.size(), shift.size());
  for (std::size_t channel = 0; channel < shift.size(); ++channel) {
    const double moved = place.subtract ? -shift[channel] : shift[channel];
    tensor.values[channel] = static_cast<float>(tensor.values[channel] + moved);
  }
}

Tensor& own_tensor(Graph& graph, std::size_t node, std::size_t input) {
  std::string& name = graph.nodes[node].inputs[input];
  if (use_counts(graph).at(name) > 1) {
    std::string own = name + ".own";
    while (graph.tensors.contains(own)) {
      own += "_";
    }
    graph.add_tensor(own, graph.tensor(name));
    name = own;
  }
  return graph.tensor(name);
}

}  // namespace niwaki
