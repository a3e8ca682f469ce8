#include "niwaki/prune/mask.hpp"

#include <algorithm>
#include <numeric>

#include "niwaki/core/error.hpp"

namespace niwaki {

void apply_mask(const Mask& mask, Graph& graph) {
  for (const PrunableLayer& layer : prunable_layers(graph)) {
    const auto found = mask.find(layer.tensor);
    Tensor& weight = graph.tensor(layer.tensor);
    if (found == mask.end() || found->second.size() != weight.size()) {
      throw InputError("the mask was made for another network", fmt::format("layer '{}'", layer.node),
                       "make it from this network");
    }
    for (std::size_t i = 0; i < weight.size(); ++i) {
      if (found->second[i] == 0) {
        weight.values[i] = 0.0F;
      }
    }
  }
}

Mask mask_of_zeros(const Graph& graph) {
  Mask mask;
  for (const PrunableLayer& layer : prunable_layers(graph)) {
    const std::vector<float>& values = graph.tensor(layer.tensor).values;
    std::vector<std::uint8_t>& kept = mask[layer.tensor];
    kept.resize(values.size());
    std::transform(values.begin(), values.end(), kept.begin(),
                   [](float value) { return value == 0 ? std::uint8_t{0} : std::uint8_t{1}; });
  }
  return mask;
}

double LayerSparsity::sparsity() const {
  return weights == 0 ? 0 : static_cast<double>(weights - nonzero) / static_cast<double>(weights);
}

std::size_t SparsityReport::weights() const {
  return std::accumulate(layers.begin(), layers.end(), std::size_t{0},
                         [](std::size_t sum, const LayerSparsity& layer) { return sum + layer.weights; });
}

std::size_t SparsityReport::nonzero() const {
  return std::accumulate(layers.begin(), layers.end(), std::size_t{0},
                         [](std::size_t sum, const LayerSparsity& layer) { return sum + layer.nonzero; });
}

double SparsityReport::sparsity() const {
  return LayerSparsity{.weights = weights(), .nonzero = nonzero()}.sparsity();
}

SparsityReport measure_sparsity(const Graph& graph) {
  SparsityReport report;
  for (const PrunableLayer& layer : prunable_layers(graph)) {
    const Tensor& weight = graph.tensor(layer.tensor);
    const auto zeros = static_cast<std::size_t>(std::count(weight.values.begin(), weight.values.end(), 0.0F));
    report.layers.push_back({layer.node, layer.op, weight.shape, weight.size(), weight.size() - zeros});
  }
  return report;
}

SparsityReport measure_sparsity(const Graph& graph, const Graph& dense) {
  SparsityReport report = measure_sparsity(graph);
  const std::vector<PrunableLayer> before = prunable_layers(dense);
  bool fits = before.size() == report.layers.size();
  for (std::size_t i = 0; i < before.size() && fits; ++i) {
    const std::size_t weights = dense.tensor(before[i].tensor).size();
    fits = before[i].op == report.layers[i].op && report.layers[i].weights <= weights;
    report.layers[i].weights = weights;
  }
  if (!fits) {
    throw InputError("the network has other layers than the dense one", "network",
                     "give the one that it was pruned from");
  }
  return report;
}

}  // namespace niwaki
