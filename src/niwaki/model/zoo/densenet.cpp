#include "niwaki/model/zoo/densenet.hpp"

#include <string>
#include <vector>

#include <fmt/format.h>

#include "niwaki/model/zoo/network_builder.hpp"

namespace niwaki {
namespace {

constexpr std::int64_t kStem = 64;
constexpr std::int64_t kGrowth = 32;
constexpr std::int64_t kBottleneck = 4 * kGrowth;

std::string dense_layer(NetworkBuilder& net, const std::vector<std::string>& features, const std::string& name,
                        std::int64_t in) {
  std::string x = features.size() == 1 ? features[0] : net.concatenate(features, name + ".concat");
  x = net.relu(net.normalisation(x, name + ".norm1", in), name + ".relu1");
  x = net.convolution(x, name + ".conv1", {.in = in, .out = kBottleneck});
  x = net.relu(net.normalisation(x, name + ".norm2", kBottleneck), name + ".relu2");
  return net.convolution(x, name + ".conv2", {.in = kBottleneck, .out = kGrowth, .kernel = 3, .padding = 1});
}

std::string dense_block(NetworkBuilder& net, const std::string& x, const std::string& name, std::int64_t in,
                        std::int64_t layers) {
  std::vector<std::string> features = {x};
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    features.push_back(
        dense_layer(net, features, fmt::format("{}.denselayer{}", name, layer + 1), in + layer * kGrowth));
  }
  return net.concatenate(features, name + ".concat");
}

std::string transition(NetworkBuilder& net, const std::string& x, const std::string& name, std::int64_t in) {
  const std::string y = net.relu(net.normalisation(x, name + ".norm", in), name + ".relu");
  return net.average_pool(net.convolution(y, name + ".conv", {.in = in, .out = in / 2}), name + ".pool", 2, 2);
}

}  // namespace

Graph build_densenet(const DenseNetOptions& options, std::int64_t channels, std::int64_t classes,
                     RandomStream& random) {
  Graph graph;
  NetworkBuilder net(graph, random, Fan::kIn);
  std::string x = net.convolution(graph.input, "features.conv0",
                                  {.in = channels, .out = kStem, .kernel = 7, .stride = 2, .padding = 3});
  x = net.relu(net.normalisation(x, "features.norm0", kStem), "features.relu0");
  x = net.max_pool(x, "features.pool0", 3, 2, 1);
  std::int64_t width = kStem;
  for (std::size_t block = 0; block < options.layers.size(); ++block) {
    x = dense_block(net, x, fmt::format("features.denseblock{}", block + 1), width, options.layers[block]);
    width += options.layers[block] * kGrowth;
    if (block + 1 < options.layers.size()) {
      x = transition(net, x, fmt::format("features.transition{}", block + 1), width);
      width /= 2;
    }
  }
  x = net.relu(net.normalisation(x, "features.norm5", width), "relu");
  x = net.flatten(net.global_average(x, "avgpool"), "flatten");
  net.linear(x, "classifier", width, classes, LinearStart::kUniformIn);
  net.finish();
  return graph;
}

}  // namespace niwaki
