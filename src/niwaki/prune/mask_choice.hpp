#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "niwaki/prune/mask.hpp"

namespace niwaki {

/// Which weights compete with each other for staying.
enum class Competition : std::uint8_t {
  kNetwork,          // all
  kLayer,            // those of one layer; each layer loses the same share
  kRow,              // those of one output row of one layer, likewise
  kErdosRenyiKernel  // those of one layer; layers lose by erdos_renyi_kernel_kept()
};

/// How many of n weights go at this sparsity: Python's round(sparsity * n), half to even, as PyTorch's
/// torch.nn.utils.prune does. Throws InputError for a sparsity outside [0, 1].
std::size_t weights_to_prune(double sparsity, std::size_t n);

/// One byte a weight, 1 where it must stay; one score a weight. Both by layer.
using LockedWeights = std::vector<std::vector<std::uint8_t>>;
using Importance = std::vector<std::vector<float>>;

/// Throws InputError where an importance is NaN, naming the layer.
void check_numbers(const std::vector<PrunableLayer>& layers, const Importance& importance);

/// The least important weights go, among those that compete; equal importance goes in order of layer and position.
/// `layers` are prunable_layers(graph); locked weights stay. weights_to_prune(sparsity, all weights) go, spread over
/// those that are not locked; by layer or row each share is rounded by itself, so that the total may differ by a few.
/// Throws InputError where an importance is NaN (naming the layer) and where more must go than is not locked (naming
/// the largest sparsity that can be had).
Mask choose_mask(const Graph& graph, const Importance& importance, double sparsity, Competition competition,
                 const LockedWeights& locked);

/// As choose_mask() where all weights compete and none is locked: torch.nn.utils.prune.global_unstructured.
Mask choose_global_mask(const std::vector<PrunableLayer>& layers, const Importance& importance, double sparsity);

/// A layer as erdos_renyi_kernel_kept() sees it.
struct LayerSize {
  Shape shape;             // of the weight
  std::size_t locked = 0;  // weights that must stay
};

/// How many weights (a real number) each layer keeps so that `kept` stay in all: density proportional to the sum of the
/// weight's dimensions over their product (Evci et al., "Rigging the Lottery", ICML 2020, section 3), at most 1 and at
/// least the locked share. `kept` lies between the number of locked and of all weights.
std::vector<double> erdos_renyi_kernel_kept(const std::vector<LayerSize>& layers, double kept);

}  // namespace niwaki
