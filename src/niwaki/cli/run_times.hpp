#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "niwaki/engine/engine.hpp"
#include "niwaki/model/graph.hpp"

namespace niwaki {

/// [batch, channels, height, width]: `size` (channels, height, width) or, where it is empty, what the network says.
/// Throws InputError naming `model` where nobody says it, and where the network does not take it.
Shape timed_input_shape(const Graph& graph, std::int64_t batch, const std::vector<std::int64_t>& size,
                        const std::string& model);

/// Milliseconds an image, rising, of many runs of `images` after one that warms up, for so many seconds.
std::vector<double> run_times(const Engine& loaded, const std::vector<float>& images, const Shape& shape,
                              double seconds);

}  // namespace niwaki
