#pragma once

#include <cstdint>
#include <string>

#include "niwaki/model/zoo/network_builder.hpp"

namespace niwaki {

/// A block of MobileNets and EfficientNets (Sandler et al., CVPR 2018): 1x1 convolution to more channels, depthwise
/// convolution, squeeze and excitation, 1x1 convolution to fewer channels, and the sum with what came in where the
/// shapes allow. Each convolution is followed by a normalisation and, but for the last, an activation.
struct InvertedResidual {
  std::int64_t in = 0;
  std::int64_t expanded = 0;  // equal to `in`: no first convolution
  std::int64_t out = 0;
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  std::int64_t squeezed = 0;  // channels of the squeeze and excitation, 0: none
  Activation activation = Activation::kRelu;
  Activation squeeze_activation = Activation::kRelu;
  Activation gate = Activation::kSigmoid;
  float epsilon = 1e-5F;  // of the normalisations
};

/// Layers are named "<name>.0", "<name>.1", ... as in torchvision's `block`; with `flat_project` the last convolution
/// and its normalisation are two of them, as in its MobileNetV2.
std::string inverted_residual(NetworkBuilder& net, const std::string& x, const std::string& block,
                              const std::string& layers, const InvertedResidual& shape, bool flat_project = false);

/// Convolution "<name>.0" padded to keep the size at stride 1, normalisation "<name>.1", activation "<name>.2":
/// torchvision's Conv2dNormActivation.
std::string convolution_block(NetworkBuilder& net, const std::string& x, const std::string& name,
                              NetworkBuilder::ConvolutionShape shape, Activation activation, float epsilon);

/// The next multiple of 8 that is not more than a tenth below `channels`: torchvision's _make_divisible.
std::int64_t divisible_by_8(std::int64_t channels);

}  // namespace niwaki
