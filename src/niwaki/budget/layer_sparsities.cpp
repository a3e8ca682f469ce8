#include "niwaki/budget/layer_sparsities.hpp"

#include <algorithm>

#include "niwaki/core/error.hpp"
#include "niwaki/prune/criterion.hpp"

namespace niwaki {

Graph pruned_by(const Graph& dense, const std::vector<std::vector<float>>& importance,
                const std::vector<BudgetedLayer>& layers) {
  const std::vector<PrunableLayer> prunable = prunable_layers(dense);
  NIWAKI_CHECK(prunable.size() == importance.size() && prunable.size() == layers.size(), "{} layers, {} of importance",
               layers.size(), importance.size());
  Mask mask;
  for (std::size_t i = 0; i < prunable.size(); ++i) {
    mask.merge(choose_global_mask({prunable[i]}, {importance[i]}, layers[i].sparsity));
  }
  Graph result = dense;
  apply_mask(mask, result);
  return result;
}

std::vector<double> sparsities_by_one_threshold(const Graph& dense, const std::vector<std::vector<float>>& importance,
                                                double sparsity) {
  const std::vector<PrunableLayer> prunable = prunable_layers(dense);
  const Mask mask = choose_global_mask(prunable, importance, sparsity);
  std::vector<double> result;
  for (const PrunableLayer& layer : prunable) {
    const std::vector<std::uint8_t>& kept = mask.at(layer.tensor);
    const auto gone = static_cast<double>(std::ranges::count(kept, 0));
    result.push_back(gone / static_cast<double>(kept.size()));
  }
  return result;
}

}  // namespace niwaki
