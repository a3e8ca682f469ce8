#include "niwaki/train/repair/repair_networks.hpp"

#include <numeric>
#include <span>

#include "niwaki/cohort/array_images.hpp"
#include "niwaki/cohort/phantom/phantom.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/imaging/image.hpp"

namespace niwaki::testing_networks {
namespace {

Graph with_classifier(NetworkMaker& net, const std::string& x, std::int64_t channels) {
  return net.finish(net.linear(net.node(Flatten{}, {net.node(GlobalAveragePool{}, {x})}), channels, 3));
}

Graph grouped_network() {
  NetworkMaker net(4);
  const std::string stem = net.convolution("input", {4, 2, 3, 3}, {.pads = {1, 1, 1, 1}}, false);
  const std::string one = net.node(Relu{}, {net.normalization(stem, 4)});
  const std::string other = net.node(Relu{}, {net.normalization(stem, 4)});
  const std::string sum = net.node(Add{}, {one, other});
  const std::string grouped = net.convolution(
      sum, {6, 2, 3, 2}, {.strides = {2, 1}, .pads = {2, 2, 2, 1}, .dilations = {2, 2}, .groups = 2}, true);
  const std::string shifted = net.normalization(grouped, 6);
  return with_classifier(net, net.node(Relu{}, {shifted}), 6);
}

Graph depthwise_network() {
  NetworkMaker net(5);
  const std::string stem = net.node(Relu{}, {net.convolution("input", {5, 2, 1, 1}, {}, true)});
  const std::string depthwise =
      net.node(Relu{}, {net.convolution(stem, {5, 1, 3, 3}, {.pads = {1, 1, 1, 1}, .groups = 5}, false)});
  const std::string pointwise = net.node(Relu{}, {net.convolution(depthwise, {7, 5, 1, 1}, {}, true)});
  return with_classifier(net, pointwise, 7);
}

Graph wide_network() {
  NetworkMaker net(6);
  return net.finish(net.linear(net.node(Flatten{}, {"input"}), 50, 3));
}

std::int64_t elements(const Shape& shape) {
  std::int64_t size = 1;
  for (const std::int64_t length : shape) {
    size *= length;
  }
  return size;
}

}  // namespace

Graph repair_network(const std::string& name) {
  if (name == "residual") {
    return small_network(3);
  }
  if (name == "grouped") {
    return grouped_network();
  }
  if (name == "depthwise") {
    return depthwise_network();
  }
  if (name == "wide") {
    return wide_network();
  }
  NIWAKI_CHECK(name == "every operator", "no network {}", name);
  return every_operator_network();
}

Calibration::Calibration(const Graph& graph, std::size_t count, std::uint64_t seed) {
  const Node& first = graph.nodes.front();
  const bool image = std::holds_alternative<Convolution>(first.operation);
  const std::size_t channels = image ? static_cast<std::size_t>(graph.tensor(first.inputs[1]).shape[1]) : 2;
  const std::size_t height = image ? 9 : 5;
  const std::size_t width = image ? 8 : 5;
  shape = {static_cast<std::int64_t>(count), static_cast<std::int64_t>(channels), static_cast<std::int64_t>(height),
           static_cast<std::int64_t>(width)};
  const auto size = static_cast<std::size_t>(elements(shape));
  values = seed == 0 ? std::vector<float>(size, 0.0F) : noise(size, seed);
  finish(seed);
}

Calibration::Calibration(std::size_t first, std::size_t count) : shape({static_cast<std::int64_t>(count), 1, 64, 64}) {
  const Phantom phantom({.images = 400});
  std::vector<std::size_t> rows(count);
  std::iota(rows.begin(), rows.end(), first);
  const Preprocessing preprocessing = imagenet_preprocessing(1, 64, 64);
  const auto source = phantom.images(rows, preprocessing);
  values.resize(count * preprocessing.values());
  for (std::size_t i = 0; i < count; ++i) {
    const std::span<float> pixels = std::span(values).subspan(i * preprocessing.values(), preprocessing.values());
    source->read(i, pixels);
    normalise(pixels, preprocessing);
  }
  finish(first);
}

void Calibration::finish(std::uint64_t seed) {
  const auto count = static_cast<std::size_t>(shape[0]);
  images = array_images(values, {count, static_cast<std::size_t>(shape[1]), static_cast<std::size_t>(shape[2]),
                                 static_cast<std::size_t>(shape[3])});
  RandomStream random(seed, "calibration labels");
  for (std::size_t i = 0; i < 3 * count; ++i) {
    labels.push_back(random.chance(i % 3 == 0 ? 0.5 : 0.1) ? Label::kPositive : Label::kNegative);
  }
}

LabelledImages Calibration::labelled() const {
  return {.images = images.get(), .labels = {labels.data(), images->size(), 3}};
}

double Value::at(std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) const {
  const std::int64_t height = shape.size() == 4 ? shape[2] : 1;
  const std::int64_t width = shape.size() == 4 ? shape[3] : 1;
  return values[static_cast<std::size_t>(((n * shape[1] + c) * height + y) * width + x)];
}

Value value_of(const Graph& graph, const std::string& name, const Calibration& calibration) {
  const std::vector<double> input(calibration.values.begin(), calibration.values.end());
  if (name == graph.input) {
    return {.shape = calibration.shape, .values = input};
  }
  Graph part = graph;
  part.output = name;
  return {.shape = infer_shapes(graph, calibration.shape).at(name),
          .values = plain_logits(part, values_of(part), input, calibration.shape, false)};
}

}  // namespace niwaki::testing_networks
