#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "niwaki/cohort/image_source.hpp"

namespace niwaki {

/// Pictures in memory that were normalised elsewhere: `values` [count, channels, height, width] row-major, read as they
/// are (a mean of 0, a deviation of 1), so that they may lie outside [0, 1].
std::unique_ptr<ImageSource> array_images(std::vector<float> values, const std::array<std::size_t, 4>& shape);

}  // namespace niwaki
