#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "niwaki/model/graph.hpp"

namespace niwaki {

/// Which weights stay: for each prunable tensor one byte a weight, 1 (kept) or 0 (pruned), in the tensor's layout.
using Mask = std::map<std::string, std::vector<std::uint8_t>>;

/// Sets pruned weights to +0. Throws InputError where mask and graph do not fit.
void apply_mask(const Mask& mask, Graph& graph);

/// The mask of a network pruned before: 0 where a prunable weight is zero.
Mask mask_of_zeros(const Graph& graph);

struct LayerSparsity {
  std::string name;         // node name
  std::string op;           // "Conv" or "Gemm"
  Shape shape;              // of the weight
  std::size_t weights = 0;  // in the dense network, where that is known
  std::size_t nonzero = 0;
  [[nodiscard]] double sparsity() const;
};

/// Actual sparsity, per layer and in all, counted from the zeros that are there.
struct SparsityReport {
  std::vector<LayerSparsity> layers;
  [[nodiscard]] std::size_t weights() const;
  [[nodiscard]] std::size_t nonzero() const;
  [[nodiscard]] double sparsity() const;
};
SparsityReport measure_sparsity(const Graph& graph);
/// The same of a network that may have lost channels: of the weights that `dense` has in each layer, those that are not
/// there any more count as zero. `shape` is what is left. Throws InputError where the two do not have the same
/// layers.
SparsityReport measure_sparsity(const Graph& graph, const Graph& dense);

}  // namespace niwaki
