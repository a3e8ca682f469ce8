#pragma once

#include <string>

#include "niwaki/model/graph.hpp"

namespace niwaki {

/// The network without a Sigmoid at its end: maps explain logits.
Graph without_last_sigmoid(Graph graph);

/// The node whose output Grad-CAM weighs: `asked`, or, where that is empty, the last node with an output of more than
/// one place from which the logits can be reached (before global pooling: where Selvaraju et al., ICCV 2017, section 3,
/// find the best compromise of meaning and place). `input`: [1, channels, height, width]. Throws InputError naming
/// `source` for a node that is not there, whose output has no places, or that no logit depends on, and where the
/// network has no such node at all.
const Node& map_layer(const Graph& graph, const Shape& input, const std::string& asked, const std::string& source);

}  // namespace niwaki
