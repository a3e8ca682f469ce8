#include "niwaki/budget/layer_losses.hpp"

#include <algorithm>

#include "niwaki/budget/layer_sparsities.hpp"
#include "niwaki/core/cancel.hpp"
#include "niwaki/prune/criterion.hpp"

namespace niwaki {

std::vector<std::vector<std::vector<double>>> layer_losses(const Graph& dense,
                                                           const std::vector<std::vector<float>>& importance,
                                                           std::span<const double> sparsities, const LossMeter& meter,
                                                           const std::function<void()>& done) {
  std::vector<BudgetedLayer> layers;
  for (const PrunableLayer& layer : prunable_layers(dense)) {
    layers.push_back({layer.node, 0});
  }
  std::vector<std::vector<std::vector<double>>> losses(layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    for (const double sparsity : sparsities) {
      throw_if_cancelled();
      layers[i].sparsity = sparsity;
      if (sparsity == 0) {
        losses[i].emplace_back(meter.classes(), 0.0);
        continue;
      }
      losses[i].push_back(meter.losses(pruned_by(dense, importance, layers)));
      done();
    }
    layers[i].sparsity = 0;
  }
  return losses;
}

std::size_t networks_run(const Graph& dense, std::span<const double> sparsities) {
  const auto pruned = sparsities.size() - static_cast<std::size_t>(std::ranges::count(sparsities, 0.0));
  return prunable_layers(dense).size() * pruned;
}

}  // namespace niwaki
