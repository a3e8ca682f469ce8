#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "niwaki/prune/mask.hpp"

namespace niwaki {

/// Of every `of` consecutive weights, `keep` stay: 2 of 4, as sparse tensor cores run it.
struct NOfM {
  std::size_t keep = 2;
  std::size_t of = 4;
  /// Share of weights that go where the pattern fits: 1 - keep / of.
  [[nodiscard]] double sparsity() const { return 1.0 - static_cast<double>(keep) / static_cast<double>(of); }
  bool operator==(const NOfM&) const = default;
};

/// The mask that keeps the N most important of each M weights (Zhou et al., "Learning N:M fine-grained structured
/// sparse neural networks from scratch", ICLR 2021). Weights are counted along the input channels: of each filter and
/// kernel position, input channels 0 to M - 1, M to 2M - 1 and so on; of a linear layer, its features in the same way.
/// The last channels of a row that make up no M of their own stay, so that a layer of fewer than M input channels (the
/// first one of grey pictures, a depthwise convolution) loses nothing. Of equally important weights the first go.
///
/// `importance` and `locked`: one value a weight, for each of prunable_layers(graph) in that order. A locked weight (1)
/// stays and counts among the N; where more than N are locked, these stay. `locked` may be empty: none. Throws
/// InputError where an importance is NaN, naming the layer.
Mask n_of_m_mask(const Graph& graph, const std::vector<std::vector<float>>& importance, const NOfM& pattern,
                 const std::vector<std::vector<std::uint8_t>>& locked = {});

}  // namespace niwaki
