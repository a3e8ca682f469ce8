#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "niwaki/core/random.hpp"
#include "niwaki/model/graph.hpp"

namespace niwaki {

/// A residual network (He et al., CVPR 2016) as torchvision builds it; a bottleneck has its stride in its 3x3.
struct ResNetOptions {
  std::array<std::int64_t, 4> blocks = {2, 2, 2, 2};  // of each stage
  bool bottleneck = false;                            // 1x1, 3x3, 1x1 (four times as wide) instead of 3x3, 3x3
  std::int64_t width = 64;                            // channels of the first stage; each next one doubles them
  std::int64_t stem_kernel = 7;                       // pixels a side, stride 2
  bool stem_pool = true;                              // 3x3 max pool of stride 2 after the stem
};

Graph build_resnet(const ResNetOptions& options, std::int64_t channels, std::int64_t classes, RandomStream& random);

}  // namespace niwaki
