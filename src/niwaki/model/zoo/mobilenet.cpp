#include "niwaki/model/zoo/mobilenet.hpp"

#include <array>
#include <span>
#include <string>

#include <fmt/format.h>

#include "niwaki/model/zoo/inverted_residual.hpp"

namespace niwaki {
namespace {

/// Table 2 of the paper on MobileNetV2: expansion, channels, blocks, stride of the first one.
struct StageV2 {
  std::int64_t expansion;
  std::int64_t channels;
  std::int64_t blocks;
  std::int64_t stride;
};
constexpr std::array<StageV2, 7> kStagesV2 = {
    {{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}}};

constexpr Activation kRelu = Activation::kRelu;
constexpr Activation kHardSwish = Activation::kHardSwish;

/// A row of tables 1 and 2 of the paper on MobileNetV3.
struct BlockV3 {
  std::int64_t kernel;
  std::int64_t expanded;
  std::int64_t out;
  bool squeeze;
  Activation activation;
  std::int64_t stride;
};
constexpr std::array<BlockV3, 15> kLarge = {{{3, 16, 16, false, kRelu, 1},
                                             {3, 64, 24, false, kRelu, 2},
                                             {3, 72, 24, false, kRelu, 1},
                                             {5, 72, 40, true, kRelu, 2},
                                             {5, 120, 40, true, kRelu, 1},
                                             {5, 120, 40, true, kRelu, 1},
                                             {3, 240, 80, false, kHardSwish, 2},
                                             {3, 200, 80, false, kHardSwish, 1},
                                             {3, 184, 80, false, kHardSwish, 1},
                                             {3, 184, 80, false, kHardSwish, 1},
                                             {3, 480, 112, true, kHardSwish, 1},
                                             {3, 672, 112, true, kHardSwish, 1},
                                             {5, 672, 160, true, kHardSwish, 2},
                                             {5, 960, 160, true, kHardSwish, 1},
                                             {5, 960, 160, true, kHardSwish, 1}}};
constexpr std::array<BlockV3, 11> kSmall = {{{3, 16, 16, true, kRelu, 2},
                                             {3, 72, 24, false, kRelu, 2},
                                             {3, 88, 24, false, kRelu, 1},
                                             {5, 96, 40, true, kHardSwish, 2},
                                             {5, 240, 40, true, kHardSwish, 1},
                                             {5, 240, 40, true, kHardSwish, 1},
                                             {5, 120, 48, true, kHardSwish, 1},
                                             {5, 144, 48, true, kHardSwish, 1},
                                             {5, 288, 96, true, kHardSwish, 2},
                                             {5, 576, 96, true, kHardSwish, 1},
                                             {5, 576, 96, true, kHardSwish, 1}}};
constexpr float kEpsilonV3 = 1e-3F;

Graph build_mobilenet_v3(std::span<const BlockV3> blocks, std::int64_t hidden, std::int64_t channels,
                         std::int64_t classes, RandomStream& random) {
  Graph graph;
  NetworkBuilder net(graph, random);
  std::int64_t in = 16;
  std::string x = convolution_block(net, graph.input, "features.0",
                                    {.in = channels, .out = in, .kernel = 3, .stride = 2}, kHardSwish, kEpsilonV3);
  int position = 1;
  for (const BlockV3& block : blocks) {
    const std::string name = fmt::format("features.{}", position++);
    x = inverted_residual(net, x, name, fmt::format("{}.block", name),
                          {.in = in,
                           .expanded = block.expanded,
                           .out = block.out,
                           .kernel = block.kernel,
                           .stride = block.stride,
                           .squeezed = block.squeeze ? divisible_by_8(block.expanded / 4) : 0,
                           .activation = block.activation,
                           .gate = Activation::kHardSigmoid,
                           .epsilon = kEpsilonV3});
    in = block.out;
  }
  x = convolution_block(net, x, fmt::format("features.{}", position), {.in = in, .out = 6 * in}, kHardSwish,
                        kEpsilonV3);
  x = net.flatten(net.global_average(x, "avgpool"), "flatten");
  x = net.linear(x, "classifier.0", 6 * in, hidden, LinearStart::kNormalHundredths);
  x = net.activation(x, "classifier.1", kHardSwish);
  net.linear(x, "classifier.3", hidden, classes, LinearStart::kNormalHundredths);
  net.finish();
  return graph;
}

}  // namespace

Graph build_mobilenet_v2(std::int64_t channels, std::int64_t classes, RandomStream& random) {
  constexpr float kEpsilon = 1e-5F;
  constexpr std::int64_t kLast = 1280;
  Graph graph;
  NetworkBuilder net(graph, random);
  std::int64_t in = 32;
  std::string x =
      convolution_block(net, graph.input, "features.0", {.in = channels, .out = in, .kernel = 3, .stride = 2},
                        Activation::kRelu6, kEpsilon);
  int position = 1;
  for (const StageV2& stage : kStagesV2) {
    for (std::int64_t i = 0; i < stage.blocks; ++i) {
      const std::string name = fmt::format("features.{}", position++);
      x = inverted_residual(net, x, name, fmt::format("{}.conv", name),
                            {.in = in,
                             .expanded = in * stage.expansion,
                             .out = stage.channels,
                             .stride = i == 0 ? stage.stride : 1,
                             .activation = Activation::kRelu6},
                            true);
      in = stage.channels;
    }
  }
  x = convolution_block(net, x, fmt::format("features.{}", position), {.in = in, .out = kLast}, Activation::kRelu6,
                        kEpsilon);
  x = net.flatten(net.global_average(x, "avgpool"), "flatten");
  net.linear(x, "classifier.1", kLast, classes, LinearStart::kNormalHundredths);
  net.finish();
  return graph;
}

Graph build_mobilenet_v3_large(std::int64_t channels, std::int64_t classes, RandomStream& random) {
  return build_mobilenet_v3(kLarge, 1280, channels, classes, random);
}

Graph build_mobilenet_v3_small(std::int64_t channels, std::int64_t classes, RandomStream& random) {
  return build_mobilenet_v3(kSmall, 1024, channels, classes, random);
}

}  // namespace niwaki
