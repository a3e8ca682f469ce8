#pragma once

#include <vector>

#include "niwaki/engine/place.hpp"
#include "niwaki/engine/steps.hpp"

namespace niwaki {

/// Of every value of a network, [images, channels, height, width] for one input; two-dimensional ones are 1 x 1.
std::vector<Place> value_shapes(const Steps& network, const Shape& input);

/// A network with one size of input.
struct ShapedNetwork {
  ShapedNetwork(const Steps& steps, const Shape& input);

  const Steps& network;
  std::vector<Place> shapes;         // value_shapes()
  std::vector<bool> can_be_blocked;  // whether a step can run on kBlocked values at all: oneDNN is asked once
};

/// In which layout every step runs (and leaves its output). `chosen`, for each step, is heeded for convolutions:
/// kPlanes (our sparse kernels) or kBlocked (oneDNN's). All others follow their first input; from a global average on,
/// all is kFlat.
std::vector<Layout> layouts_of(const ShapedNetwork& shaped, const std::vector<Layout>& chosen);

/// A 1x1 convolution of 1 x 1 pixels, which is a linear layer where its input is kFlat.
bool is_linear_convolution(const Step& step, const std::vector<Place>& shapes);

}  // namespace niwaki
