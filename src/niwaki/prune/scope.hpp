#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "niwaki/model/graph.hpp"

namespace niwaki {

/// What pruning leaves alone.
struct PruneScope {
  std::vector<std::string> keep_layers;  // node names of prunable layers that lose nothing
  std::vector<std::string> keep_rows;    // classes whose rows of the classifier lose nothing
  double layer_floor = 0;                // each layer keeps this share of its weights at least, its most important ones
  /// Throws InputError naming the key ("prune.layer_floor") that is out of range.
  void check() const;
};

/// 1 for each weight of prunable_layers(graph), in order, that must stay, else 0. `importance` (one score a weight)
/// decides which weights fill a layer's floor: ceil(floor * n) of them; those kept for another reason count. Throws
/// InputError for a layer that is not there (naming the nearest), a class that the network does not have or does not
/// name, and rows of a network that does not end in a linear layer or a convolution.
std::vector<std::vector<std::uint8_t>> locked_weights(const Graph& graph,
                                                      const std::vector<std::vector<float>>& importance,
                                                      const PruneScope& scope);

}  // namespace niwaki
