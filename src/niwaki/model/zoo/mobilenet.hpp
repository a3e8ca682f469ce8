#pragma once

#include <cstdint>

#include "niwaki/core/random.hpp"
#include "niwaki/model/graph.hpp"

namespace niwaki {

/// MobileNetV2 (Sandler et al., CVPR 2018) as torchvision builds it, of width 1.
Graph build_mobilenet_v2(std::int64_t channels, std::int64_t classes, RandomStream& random);

/// MobileNetV3 (Howard et al., ICCV 2019), large and small, as torchvision builds it, of width 1.
Graph build_mobilenet_v3_large(std::int64_t channels, std::int64_t classes, RandomStream& random);
Graph build_mobilenet_v3_small(std::int64_t channels, std::int64_t classes, RandomStream& random);

}  // namespace niwaki
