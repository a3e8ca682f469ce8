#pragma once

#include <functional>
#include <span>
#include <vector>

#include "niwaki/budget/class_losses.hpp"

namespace niwaki {

/// losses[layer][level][class] of the network with layer `layers[i]` of it alone pruned to sparsities[level], its least
/// important weights gone; `importance` has one score a weight for each of prunable_layers(dense). A sparsity of 0
/// costs nothing. `done()` hears of each network run. Checks for cancellation. (The published way to such a table is
/// SPDY, Frantar & Alistarh, ICML 2022, which has one loss for all classes.)
std::vector<std::vector<std::vector<double>>> layer_losses(const Graph& dense,
                                                           const std::vector<std::vector<float>>& importance,
                                                           std::span<const double> sparsities, const LossMeter& meter,
                                                           const std::function<void()>& done);

/// How often `done` of layer_losses() is called.
std::size_t networks_run(const Graph& dense, std::span<const double> sparsities);

}  // namespace niwaki
