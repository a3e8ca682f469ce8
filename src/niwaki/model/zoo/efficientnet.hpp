#pragma once

#include <cstdint>

#include "niwaki/core/random.hpp"
#include "niwaki/model/graph.hpp"

namespace niwaki {

/// EfficientNet-B0 (Tan and Le, ICML 2019) as torchvision builds it, without its stochastic depth.
Graph build_efficientnet_b0(std::int64_t channels, std::int64_t classes, RandomStream& random);

}  // namespace niwaki
