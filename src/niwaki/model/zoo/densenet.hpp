#pragma once

#include <array>
#include <cstdint>

#include "niwaki/core/random.hpp"
#include "niwaki/model/graph.hpp"

namespace niwaki {

/// A DenseNet-BC (Huang et al., CVPR 2017) as torchvision builds it: growth by 32 channels a layer, bottlenecks of 128,
/// transitions that halve the channels.
struct DenseNetOptions {
  std::array<std::int64_t, 4> layers = {6, 12, 24, 16};  // of each block
};

Graph build_densenet(const DenseNetOptions& options, std::int64_t channels, std::int64_t classes, RandomStream& random);

}  // namespace niwaki
