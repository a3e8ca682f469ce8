#include "niwaki/model/zoo/network_builder.hpp"

#include <cmath>

namespace niwaki {
namespace {

Tensor constant(std::int64_t channels, float value) {
  return {{channels}, std::vector<float>(static_cast<std::size_t>(channels), value)};
}

void fill_uniform(Tensor& tensor, double bound, RandomStream& random) {
  for (float& value : tensor.values) {
    value = static_cast<float>(random.uniform(-bound, bound));
  }
}

}  // namespace

std::string NetworkBuilder::node(const std::string& name, const Operation& operation, std::vector<std::string> inputs) {
  std::string output = name + ".out";
  graph_.nodes.push_back({name, operation, std::move(inputs), output});
  return output;
}

std::string NetworkBuilder::convolution(const std::string& x, const std::string& name, const ConvolutionShape& shape) {
  Tensor weight{{shape.out, shape.in, shape.kernel, shape.kernel}, {}};
  weight.values.resize(static_cast<std::size_t>(shape.out * shape.in * shape.kernel * shape.kernel));
  const double deviation = std::sqrt(2.0 / static_cast<double>(shape.out * shape.kernel * shape.kernel));
  for (float& value : weight.values) {
    value = static_cast<float>(random_.normal() * deviation);
  }
  graph_.add_tensor(name + ".weight", std::move(weight));
  const std::int64_t p = shape.padding;
  return node(name, Convolution{.strides = {shape.stride, shape.stride}, .pads = {p, p, p, p}}, {x, name + ".weight"});
}

std::string NetworkBuilder::normalisation(const std::string& x, const std::string& name, std::int64_t channels) {
  graph_.add_tensor(name + ".weight", constant(channels, 1));
  graph_.add_tensor(name + ".bias", constant(channels, 0));
  graph_.add_tensor(name + ".running_mean", constant(channels, 0));
  graph_.add_tensor(name + ".running_var", constant(channels, 1));
  return node(name, BatchNormalization{},
              {x, name + ".weight", name + ".bias", name + ".running_mean", name + ".running_var"});
}

std::string NetworkBuilder::relu(const std::string& x, const std::string& name) {
  return node(name, Relu{}, {x});
}

std::string NetworkBuilder::add(const std::string& a, const std::string& b, const std::string& name) {
  return node(name, Add{}, {a, b});
}

std::string NetworkBuilder::max_pool(const std::string& x, const std::string& name, std::int64_t kernel,
                                     std::int64_t stride, std::int64_t padding) {
  return node(
      name,
      MaxPool{.kernel = {kernel, kernel}, .strides = {stride, stride}, .pads = {padding, padding, padding, padding}},
      {x});
}

void NetworkBuilder::classifier(const std::string& x, const std::string& name, std::int64_t in, std::int64_t classes) {
  const std::string pooled = node("avgpool", GlobalAveragePool{}, {x});
  const std::string flat = node("flatten", Flatten{}, {pooled});
  Tensor weight;
  Tensor bias;
  fill_linear(weight, bias, classes, in, random_);
  graph_.add_tensor(name + ".weight", std::move(weight));
  graph_.add_tensor(name + ".bias", std::move(bias));
  graph_.nodes.push_back({name, Linear{}, {flat, name + ".weight", name + ".bias"}, graph_.output});
}

void fill_linear(Tensor& weight, Tensor& bias, std::int64_t out, std::int64_t in, RandomStream& random) {
  weight = {{out, in}, std::vector<float>(static_cast<std::size_t>(out * in))};
  bias = {{out}, std::vector<float>(static_cast<std::size_t>(out))};
  const double bound = 1 / std::sqrt(static_cast<double>(in));
  fill_uniform(weight, bound, random);
  fill_uniform(bias, bound, random);
}

}  // namespace niwaki
