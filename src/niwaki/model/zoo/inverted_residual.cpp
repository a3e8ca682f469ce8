#include "niwaki/model/zoo/inverted_residual.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace niwaki {
namespace {

/// Hu et al., CVPR 2018, with 1x1 convolutions as torchvision has it.
std::string squeeze_excitation(NetworkBuilder& net, const std::string& x, const std::string& name,
                               const InvertedResidual& shape) {
  std::string y = net.global_average(x, name + ".avgpool");
  y = net.convolution(y, name + ".fc1", {.in = shape.expanded, .out = shape.squeezed, .bias = true});
  y = net.activation(y, name + ".activation", shape.squeeze_activation);
  y = net.convolution(y, name + ".fc2", {.in = shape.squeezed, .out = shape.expanded, .bias = true});
  y = net.activation(y, name + ".scale_activation", shape.gate);
  return net.scale(x, y, name + ".mul");
}

}  // namespace

std::string convolution_block(NetworkBuilder& net, const std::string& x, const std::string& name,
                              NetworkBuilder::ConvolutionShape shape, Activation activation, float epsilon) {
  shape.padding = (shape.kernel - 1) / 2;
  std::string y = net.convolution(x, name + ".0", shape);
  y = net.normalisation(y, name + ".1", shape.out, epsilon);
  return net.activation(y, name + ".2", activation);
}

std::string inverted_residual(NetworkBuilder& net, const std::string& x, const std::string& block,
                              const std::string& layers, const InvertedResidual& shape, bool flat_project) {
  int next = 0;
  const auto name = [&] { return fmt::format("{}.{}", layers, next++); };
  std::string y = x;
  if (shape.expanded != shape.in) {
    y = convolution_block(net, y, name(), {.in = shape.in, .out = shape.expanded}, shape.activation, shape.epsilon);
  }
  y = convolution_block(net, y, name(),
                        {.in = shape.expanded,
                         .out = shape.expanded,
                         .kernel = shape.kernel,
                         .stride = shape.stride,
                         .groups = shape.expanded},
                        shape.activation, shape.epsilon);
  if (shape.squeezed > 0) {
    y = squeeze_excitation(net, y, name(), shape);
  }
  if (flat_project) {
    y = net.convolution(y, name(), {.in = shape.expanded, .out = shape.out});
    y = net.normalisation(y, name(), shape.out, shape.epsilon);
  } else {
    y = convolution_block(net, y, name(), {.in = shape.expanded, .out = shape.out}, Activation::kNone, shape.epsilon);
  }
  return shape.stride == 1 && shape.in == shape.out ? net.add(y, x, block + ".add") : y;
}

std::int64_t divisible_by_8(std::int64_t channels) {
  const std::int64_t rounded = std::max<std::int64_t>(8, (channels + 4) / 8 * 8);
  return 10 * rounded < 9 * channels ? rounded + 8 : rounded;
}

}  // namespace niwaki
