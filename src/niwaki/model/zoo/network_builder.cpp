#include "niwaki/model/zoo/network_builder.hpp"

#include <cmath>

#include "niwaki/core/error.hpp"

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
  const std::int64_t in = shape.in / shape.groups;
  Tensor weight{{shape.out, in, shape.kernel, shape.kernel}, {}};
  weight.values.resize(static_cast<std::size_t>(shape.out * in * shape.kernel * shape.kernel));
  const std::int64_t fan = (fan_ == Fan::kOut ? shape.out : in) * shape.kernel * shape.kernel;
  const double deviation = std::sqrt(2.0 / static_cast<double>(fan));
  for (float& value : weight.values) {
    value = static_cast<float>(random_.normal() * deviation);
  }
  graph_.add_tensor(name + ".weight", std::move(weight));
  std::vector<std::string> inputs = {x, name + ".weight"};
  if (shape.bias) {
    graph_.add_tensor(name + ".bias", constant(shape.out, 0));
    inputs.push_back(name + ".bias");
  }
  const std::int64_t p = shape.padding;
  return node(name, Convolution{.strides = {shape.stride, shape.stride}, .pads = {p, p, p, p}, .groups = shape.groups},
              std::move(inputs));
}

std::string NetworkBuilder::normalisation(const std::string& x, const std::string& name, std::int64_t channels,
                                          float epsilon) {
  graph_.add_tensor(name + ".weight", constant(channels, 1));
  graph_.add_tensor(name + ".bias", constant(channels, 0));
  graph_.add_tensor(name + ".running_mean", constant(channels, 0));
  graph_.add_tensor(name + ".running_var", constant(channels, 1));
  return node(name, BatchNormalization{.epsilon = epsilon},
              {x, name + ".weight", name + ".bias", name + ".running_mean", name + ".running_var"});
}

std::string NetworkBuilder::activation(const std::string& x, const std::string& name, Activation activation) {
  switch (activation) {
    case Activation::kNone:
      return x;
    case Activation::kRelu:
      return node(name, Relu{}, {x});
    case Activation::kRelu6:
      return node(name, Clip{.low = 0, .high = 6}, {x});
    case Activation::kSigmoid:
      return node(name, Sigmoid{}, {x});
    case Activation::kHardSigmoid:
      return node(name, HardSigmoid{}, {x});
    case Activation::kSwish:
      return node(name, Multiply{}, {x, node(name + ".sigmoid", Sigmoid{}, {x})});
    case Activation::kHardSwish:
      return node(name, HardSwish{}, {x});
  }
  NIWAKI_CHECK(false, "activation {}", static_cast<int>(activation));
  return "";
}

std::string NetworkBuilder::add(const std::string& a, const std::string& b, const std::string& name) {
  return node(name, Add{}, {a, b});
}

std::string NetworkBuilder::scale(const std::string& x, const std::string& gate, const std::string& name) {
  return node(name, Multiply{}, {x, gate});
}

std::string NetworkBuilder::concatenate(const std::vector<std::string>& parts, const std::string& name) {
  return node(name, Concatenate{}, parts);
}

std::string NetworkBuilder::max_pool(const std::string& x, const std::string& name, std::int64_t kernel,
                                     std::int64_t stride, std::int64_t padding) {
  return node(
      name,
      MaxPool{.kernel = {kernel, kernel}, .strides = {stride, stride}, .pads = {padding, padding, padding, padding}},
      {x});
}

std::string NetworkBuilder::average_pool(const std::string& x, const std::string& name, std::int64_t kernel,
                                         std::int64_t stride) {
  return node(name, AveragePool{.kernel = {kernel, kernel}, .strides = {stride, stride}}, {x});
}

std::string NetworkBuilder::global_average(const std::string& x, const std::string& name) {
  return node(name, GlobalAveragePool{}, {x});
}

std::string NetworkBuilder::flatten(const std::string& x, const std::string& name) {
  return node(name, Flatten{}, {x});
}

std::string NetworkBuilder::linear(const std::string& x, const std::string& name, std::int64_t in, std::int64_t out,
                                   LinearStart start) {
  Tensor weight;
  Tensor bias;
  fill_linear(weight, bias, out, in, random_, start);
  graph_.add_tensor(name + ".weight", std::move(weight));
  graph_.add_tensor(name + ".bias", std::move(bias));
  return node(name, Linear{}, {x, name + ".weight", name + ".bias"});
}

void NetworkBuilder::finish() {
  graph_.nodes.back().output = graph_.output;
}

void fill_linear(Tensor& weight, Tensor& bias, std::int64_t out, std::int64_t in, RandomStream& random,
                 LinearStart start) {
  weight = {{out, in}, std::vector<float>(static_cast<std::size_t>(out * in))};
  bias = constant(out, 0);
  if (start == LinearStart::kNormalHundredths) {
    for (float& value : weight.values) {
      value = static_cast<float>(random.normal() * 0.01);
    }
    return;
  }
  const double bound = 1 / std::sqrt(static_cast<double>(start == LinearStart::kUniformOut ? out : in));
  fill_uniform(weight, bound, random);
  if (start == LinearStart::kPytorch) {
    fill_uniform(bias, bound, random);
  }
}

}  // namespace niwaki
