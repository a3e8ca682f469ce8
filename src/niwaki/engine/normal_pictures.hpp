#pragma once

#include <vector>

#include "niwaki/model/graph.hpp"

namespace niwaki {

/// Pictures of standard normal noise, [images, channels, height, width], the same each time: for measuring times, which
/// do not depend on what a picture shows.
std::vector<float> normal_pictures(const Shape& shape);

}  // namespace niwaki
