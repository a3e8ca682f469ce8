#include "niwaki/model/zoo/efficientnet.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "niwaki/model/zoo/inverted_residual.hpp"

namespace niwaki {
namespace {

/// Table 1 of the paper.
struct Stage {
  std::int64_t expansion;
  std::int64_t kernel;
  std::int64_t stride;  // of the first block
  std::int64_t out;
  std::int64_t blocks;
};
constexpr std::array<Stage, 7> kStages = {{{1, 3, 1, 16, 1},
                                           {6, 3, 2, 24, 2},
                                           {6, 5, 2, 40, 2},
                                           {6, 3, 2, 80, 3},
                                           {6, 5, 1, 112, 3},
                                           {6, 5, 2, 192, 4},
                                           {6, 3, 1, 320, 1}}};
constexpr float kEpsilon = 1e-5F;

}  // namespace

Graph build_efficientnet_b0(std::int64_t channels, std::int64_t classes, RandomStream& random) {
  Graph graph;
  NetworkBuilder net(graph, random);
  std::int64_t in = 32;
  std::string x =
      convolution_block(net, graph.input, "features.0", {.in = channels, .out = in, .kernel = 3, .stride = 2},
                        Activation::kSwish, kEpsilon);
  for (std::size_t stage = 0; stage < kStages.size(); ++stage) {
    const Stage& shape = kStages[stage];
    for (std::int64_t block = 0; block < shape.blocks; ++block) {
      const std::string name = fmt::format("features.{}.{}", stage + 1, block);
      x = inverted_residual(net, x, name, fmt::format("{}.block", name),
                            {.in = in,
                             .expanded = in * shape.expansion,
                             .out = shape.out,
                             .kernel = shape.kernel,
                             .stride = block == 0 ? shape.stride : 1,
                             .squeezed = std::max<std::int64_t>(1, in / 4),
                             .activation = Activation::kSwish,
                             .squeeze_activation = Activation::kSwish});
      in = shape.out;
    }
  }
  x = convolution_block(net, x, fmt::format("features.{}", kStages.size() + 1), {.in = in, .out = 4 * in},
                        Activation::kSwish, kEpsilon);
  x = net.flatten(net.global_average(x, "avgpool"), "flatten");
  net.linear(x, "classifier.1", 4 * in, classes, LinearStart::kUniformOut);
  net.finish();
  return graph;
}

}  // namespace niwaki
