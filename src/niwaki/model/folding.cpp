#include "niwaki/model/folding.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace niwaki {
namespace {

bool has_weight(const Node& node) {
  return std::holds_alternative<Convolution>(node.operation) || std::holds_alternative<Linear>(node.operation);
}

class Folder {
 public:
  explicit Folder(Graph graph) : graph_(std::move(graph)), uses_(use_counts(graph_)) {}

  Graph run() {
    std::vector<Node> kept;
    for (Node& node : graph_.nodes) {
      Node* layer = foldable_layer(node, kept);
      if (layer == nullptr) {
        kept.push_back(std::move(node));
      } else {
        fold(node, *layer);
      }
    }
    graph_.nodes = std::move(kept);
    drop_unused_tensors();
    return std::move(graph_);
  }

 private:
  /// The layer among `before` whose output `node` normalises, where the two can become one.
  Node* foldable_layer(const Node& node, std::vector<Node>& before) const {
    if (!std::holds_alternative<BatchNormalization>(node.operation) || uses_.at(node.inputs[0]) != 1) {
      return nullptr;
    }
    const auto layer = std::ranges::find_if(before, [&](const Node& other) { return other.output == node.inputs[0]; });
    const bool fits = layer != before.end() && has_weight(*layer) && uses_.at(layer->inputs[1]) == 1;
    return fits ? &*layer : nullptr;
  }

  void fold(const Node& normalization, Node& layer) {
    const double epsilon = std::get<BatchNormalization>(normalization.operation).epsilon;
    const auto& scale = graph_.tensor(normalization.inputs[1]).values;
    const auto& shift = graph_.tensor(normalization.inputs[2]).values;
    const auto& mean = graph_.tensor(normalization.inputs[3]).values;
    const auto& variance = graph_.tensor(normalization.inputs[4]).values;
    Tensor& weight = graph_.tensor(layer.inputs[1]);
    const std::size_t channels = scale.size();
    const std::size_t per_channel = weight.size() / channels;
    Tensor bias{.shape = {static_cast<std::int64_t>(channels)}, .values = std::vector<float>(channels, 0.0F)};
    if (layer.inputs.size() > 2) {
      bias.values = graph_.tensor(layer.inputs[2]).values;
    }
    for (std::size_t channel = 0; channel < channels; ++channel) {
      const double factor = scale[channel] / std::sqrt(static_cast<double>(variance[channel]) + epsilon);
      for (std::size_t i = channel * per_channel; i < (channel + 1) * per_channel; ++i) {
        weight.values[i] = static_cast<float>(weight.values[i] * factor);
      }
      const double moved = (static_cast<double>(bias.values[channel]) - mean[channel]) * factor + shift[channel];
      bias.values[channel] = static_cast<float>(moved);
    }
    layer.inputs.resize(2);
    layer.inputs.push_back(add_bias(layer, std::move(bias)));
    layer.output = normalization.output;
  }

  std::string add_bias(const Node& layer, Tensor bias) {
    std::string name = layer.inputs[1] + ".folded_bias";
    while (graph_.tensors.contains(name) || uses_.contains(name)) {
      name += "_";
    }
    graph_.add_tensor(name, std::move(bias));
    return name;
  }

  void drop_unused_tensors() {
    const std::map<std::string, std::size_t> uses = use_counts(graph_);
    std::erase_if(graph_.tensors, [&](const auto& entry) { return !uses.contains(entry.first); });
    std::erase_if(graph_.tensor_order, [&](const std::string& name) { return !uses.contains(name); });
  }

  Graph graph_;
  const std::map<std::string, std::size_t> uses_;
};

}  // namespace

Graph with_folded_normalisation(Graph graph) {
  return Folder(std::move(graph)).run();
}

}  // namespace niwaki
