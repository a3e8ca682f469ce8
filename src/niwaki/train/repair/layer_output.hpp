#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "niwaki/model/graph.hpp"
#include "niwaki/train/repair/repair.hpp"

namespace niwaki {

/// The positions in Graph::nodes of the layers that a repair goes through, in order: every convolution and linear layer
/// that does not share its weight with another one. `notes` hears of those that do.
std::vector<std::size_t> layers_to_repair(const Graph& graph, std::vector<std::string>& notes);

/// Where a constant can be added to a layer's channels without a new node: to its bias; else, where nothing but a
/// normalisation reads its output, to that one's running mean (less the constant). Not to its shift, so that a later
/// `batch-norm` finds the mean that it would have put there itself and nothing is counted twice.
struct ShiftPlace {
  std::size_t node = 0;   // that reads the tensor
  std::size_t input = 0;  // which of its inputs
  bool subtract = false;  // a running mean is what is taken away
  bool found = false;
};
ShiftPlace shift_place(const Graph& graph, std::size_t layer);

/// Adds shift[channel] to the layer's output there. A tensor that others read too is copied first.
void add_shift(Graph& graph, const ShiftPlace& place, const std::vector<double>& shift);

/// Input `input` of this node as its own tensor, copied where another node reads it too.
Tensor& own_tensor(Graph& graph, std::size_t node, std::size_t input);

}  // namespace niwaki
