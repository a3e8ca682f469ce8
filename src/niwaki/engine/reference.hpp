#pragma once

#include <span>
#include <vector>

#include "niwaki/model/graph.hpp"

namespace niwaki {

/// The slow obvious implementation that every other engine is held to: the Graph's operators one by one, plain loops,
/// sums in double. A weight of 0 is an absent connection: it contributes nothing, whatever comes in (in a dense
/// framework, 0 times infinity is NaN). NaN and infinity are carried otherwise as IEEE 754 has them.
///
/// `input`: [batch, channels, height, width] row-major, of `shape`. Returns the graph's output, row-major (logits
/// [batch, classes]). Throws InputError naming the node where shapes do not fit.
std::vector<float> reference_logits(const Graph& graph, std::span<const float> input, const Shape& shape);

}  // namespace niwaki
