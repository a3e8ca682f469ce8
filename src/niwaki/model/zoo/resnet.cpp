#include "niwaki/model/zoo/resnet.hpp"

#include <fmt/format.h>

#include "niwaki/model/zoo/network_builder.hpp"

namespace niwaki {
namespace {

struct BlockShape {
  std::int64_t in = 0;
  std::int64_t width = 0;
  std::int64_t out = 0;
  std::int64_t stride = 1;
};

std::string basic_path(NetworkBuilder& net, const std::string& x, const std::string& name, const BlockShape& shape) {
  std::string y = net.convolution(x, name + ".conv1", {shape.in, shape.width, 3, shape.stride, 1});
  y = net.relu(net.normalisation(y, name + ".bn1", shape.width), name + ".relu1");
  y = net.convolution(y, name + ".conv2", {shape.width, shape.out, 3, 1, 1});
  return net.normalisation(y, name + ".bn2", shape.out);
}

std::string bottleneck_path(NetworkBuilder& net, const std::string& x, const std::string& name,
                            const BlockShape& shape) {
  std::string y = net.convolution(x, name + ".conv1", {shape.in, shape.width, 1, 1, 0});
  y = net.relu(net.normalisation(y, name + ".bn1", shape.width), name + ".relu1");
  y = net.convolution(y, name + ".conv2", {shape.width, shape.width, 3, shape.stride, 1});
  y = net.relu(net.normalisation(y, name + ".bn2", shape.width), name + ".relu2");
  y = net.convolution(y, name + ".conv3", {shape.width, shape.out, 1, 1, 0});
  return net.normalisation(y, name + ".bn3", shape.out);
}

std::string residual_block(NetworkBuilder& net, const std::string& x, const std::string& name, const BlockShape& shape,
                           bool bottleneck) {
  const std::string path = bottleneck ? bottleneck_path(net, x, name, shape) : basic_path(net, x, name, shape);
  std::string shortcut = x;
  if (shape.stride != 1 || shape.in != shape.out) {
    shortcut = net.convolution(x, name + ".downsample.0", {shape.in, shape.out, 1, shape.stride, 0});
    shortcut = net.normalisation(shortcut, name + ".downsample.1", shape.out);
  }
  return net.relu(net.add(path, shortcut, name + ".add"), name + ".relu");
}

}  // namespace

Graph build_resnet(const ResNetOptions& options, std::int64_t channels, std::int64_t classes, RandomStream& random) {
  Graph graph;
  NetworkBuilder net(graph, random);
  std::string x =
      net.convolution(graph.input, "conv1", {channels, options.width, options.stem_kernel, 2, options.stem_kernel / 2});
  x = net.relu(net.normalisation(x, "bn1", options.width), "relu");
  if (options.stem_pool) {
    x = net.max_pool(x, "maxpool", 3, 2, 1);
  }
  std::int64_t in = options.width;
  for (std::size_t stage = 0; stage < options.blocks.size(); ++stage) {
    const std::int64_t width = options.width << stage;
    const std::int64_t out = options.bottleneck ? 4 * width : width;
    for (std::int64_t block = 0; block < options.blocks[stage]; ++block) {
      const std::int64_t stride = stage > 0 && block == 0 ? 2 : 1;
      x = residual_block(net, x, fmt::format("layer{}.{}", stage + 1, block), {in, width, out, stride},
                         options.bottleneck);
      in = out;
    }
  }
  x = net.flatten(net.global_average(x, "avgpool"), "flatten");
  net.linear(x, "fc", in, classes, LinearStart::kPytorch);
  net.finish();
  return graph;
}

}  // namespace niwaki
