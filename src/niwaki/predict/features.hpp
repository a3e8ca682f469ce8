#pragma once

#include <cstddef>
#include <string>

#include "niwaki/model/graph.hpp"

namespace niwaki {

/// The network up to its features: the input of its last linear layer, given as its output [images, features]. An
/// identity stands in the last layer's place, so that whatever runs networks gives the features exactly. A Sigmoid
/// after it is left out. Throws InputError naming `source` where the network does not end in a linear layer.
Graph feature_network(const Graph& graph, const std::string& source);

}  // namespace niwaki
