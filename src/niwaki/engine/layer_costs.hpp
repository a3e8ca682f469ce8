#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "niwaki/model/graph.hpp"

namespace niwaki {

/// What one convolution takes on this machine, by the quicker of our sparse and oneDNN's dense kernel.
struct LayerCost {
  std::string node;             // of the graph
  std::vector<double> seconds;  // for each density asked for, of so many images as run at once
};

/// The convolutions of a network that the planner chooses kernels for, in node order, for an input [images, channels,
/// height, width] and each share of nonzero weights in `densities` (above 0, at most 1). Costs are CostTable's,
/// measured where they are not yet known; `cost_file` as in EngineOptions. Linear layers and convolutions of single
/// pixels are not among them: oneDNN runs these, whatever is zero. Throws InputError naming the node where the network
/// does not take this size.
std::vector<LayerCost> layer_costs(const Graph& graph, const Shape& input, std::span<const double> densities,
                                   const std::optional<std::string>& cost_file = {});

}  // namespace niwaki
