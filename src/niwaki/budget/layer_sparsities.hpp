#pragma once

#include <string>
#include <vector>

#include "niwaki/model/graph.hpp"

namespace niwaki {

struct BudgetedLayer {
  std::string node;
  double sparsity = 0;
};

/// `dense` with the least important weights of each layer gone; both vectors stand in the order of
/// prunable_layers(dense), `importance` with one score a weight.
Graph pruned_by(const Graph& dense, const std::vector<std::vector<float>>& importance,
                const std::vector<BudgetedLayer>& layers);

/// What one threshold over all layers' importance makes of each: the sparsities of prunable_layers(dense) where the
/// whole network has `sparsity`.
std::vector<double> sparsities_by_one_threshold(const Graph& dense, const std::vector<std::vector<float>>& importance,
                                                double sparsity);

}  // namespace niwaki
