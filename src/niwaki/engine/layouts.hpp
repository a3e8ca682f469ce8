#pragma once

#include <vector>

#include "niwaki/engine/place.hpp"
#include "niwaki/engine/steps.hpp"

namespace niwaki {

/// Of every value of a network, [images, channels, height, width] for one input; two-dimensional ones are 1 x 1.
std::vector<Place> value_shapes(const Steps& network, const Shape& input);

/// Whether a step can run on kBlocked values at all.
bool can_be_blocked(const Step& step, const std::vector<Place>& shapes);

/// In which layout every step runs (and leaves its output). `chosen`, for each step, is heeded for convolutions:
/// kPlanes (our sparse kernels) or kBlocked (oneDNN's). All others follow their first input; from a global average on,
/// all is kFlat.
std::vector<Layout> layouts_of(const Steps& network, const std::vector<Place>& shapes,
                               const std::vector<Layout>& chosen);

/// A 1x1 convolution of 1 x 1 pixels, which is a linear layer where its input is kFlat.
bool is_linear_convolution(const Step& step, const std::vector<Place>& shapes);

}  // namespace niwaki
