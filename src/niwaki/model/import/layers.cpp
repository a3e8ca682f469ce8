#include <algorithm>

#include <fmt/format.h>

#include "niwaki/model/import/auto_pad.hpp"
#include "niwaki/model/import/operators.hpp"
#include "niwaki/model/import/pending.hpp"

namespace niwaki::onnx_import {
namespace {

constexpr std::int64_t kWidestPad = 1'000'000;

/// A Pad of zeros before it becomes the convolution's own padding.
std::string padded_input(Importer& importer, const OnnxNode& node, Convolution& convolution) {
  const Value& x = importer.value(node, 0);
  const auto* padded = std::get_if<Padded>(&x.pending);
  if (padded == nullptr || padded->value != 0) {
    return importer.plain(node, 0);
  }
  for (std::size_t side = 0; side < 4; ++side) {
    convolution.pads[side] += padded->pads[side];
    if (convolution.pads[side] > kWidestPad) {
      node.refuse("its padding is too wide");
    }
  }
  return x.name;
}

/// A scale of every channel before it (or of all), which no layer before that takes, becomes part of the weights: they
/// are linear, and zeros stay zeros at the border. "" where there is none.
std::string scaled_input(Importer& importer, const OnnxNode& node, std::string& weight, std::int64_t groups) {
  const Value& x = importer.value(node, 0);
  const auto* affine = std::get_if<Affine>(&x.pending);
  if (affine == nullptr || affine->shift != std::vector<float>{0} || foldable(importer, x)) {
    return "";
  }
  const Shape shape = importer.graph().tensor(weight).shape;
  const std::size_t ins = static_cast<std::size_t>(shape[1]);
  if (affine->scale.size() != 1 && affine->scale.size() != ins * static_cast<std::size_t>(groups)) {
    node.refuse(fmt::format("a scale of {} channels comes before it", affine->scale.size()));
  }
  weight = importer.changeable(weight, "scaled");
  Tensor& tensor = importer.graph().tensor(weight);
  const std::size_t area = tensor.size() / static_cast<std::size_t>(shape[0] * shape[1]);
  const std::size_t outs_of_group = static_cast<std::size_t>(shape[0] / groups);
  for (std::size_t i = 0; i < tensor.size(); ++i) {
    const std::size_t out = i / area / ins;
    const std::size_t in = out / outs_of_group * ins + i / area % ins;
    tensor.values[i] *= affine->scale[affine->scale.size() == 1 ? 0 : in];
  }
  return x.name;
}

/// A matrix [in, out] as [out, in], times alpha.
std::string linear_weight(Importer& importer, const OnnxNode& node, bool transposed, float alpha) {
  std::string name = importer.weight(node, 1);
  const Shape shape = importer.graph().tensor(name).shape;
  if (shape.size() != 2) {
    node.refuse("its weight is not a matrix");
  }
  if (transposed) {
    const Tensor& from = importer.graph().tensor(name);
    Tensor turned{{shape[1], shape[0]}, std::vector<float>(from.size())};
    const auto rows = static_cast<std::size_t>(shape[0]);
    const auto columns = static_cast<std::size_t>(shape[1]);
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t column = 0; column < columns; ++column) {
        turned.values[column * rows + row] = from.values[row * columns + column];
      }
    }
    const std::string made = importer.add_tensor(name, "transposed", std::move(turned));
    importer.drop_unshared(name);
    name = made;
  }
  if (alpha != 1) {
    name = importer.changeable(name, "alpha");
    std::ranges::for_each(importer.graph().tensor(name).values, [&](float& value) { value *= alpha; });
  }
  return name;
}

std::string linear_bias(Importer& importer, const OnnxNode& node, float beta) {
  std::string name = importer.weight(node, 2);
  Shape shape = importer.graph().tensor(name).shape;
  if (shape.size() == 2 && shape[0] == 1) {
    name = importer.changeable(name, "row");
    importer.graph().tensor(name).shape = {shape[1]};
  }
  if (beta != 1) {
    name = importer.changeable(name, "beta");
    std::ranges::for_each(importer.graph().tensor(name).values, [&](float& value) { value *= beta; });
  }
  return name;
}

void add_linear(Importer& importer, const OnnxNode& node, std::string weight, const std::string& bias) {
  std::string x = scaled_input(importer, node, weight, 1);
  if (x.empty()) {
    x = importer.plain(node, 0);
  }
  if (importer.known(x).rank != 2) {
    node.refuse("a linear layer of anything but [batch, features] is not held: flatten before it");
  }
  std::vector<std::string> inputs = {x, weight};
  if (!bias.empty()) {
    inputs.push_back(bias);
  }
  importer.add(node, Linear{}, std::move(inputs));
}

}  // namespace

void read_conv(Importer& importer, const OnnxNode& node) {
  node.allow_only({"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"});
  Convolution convolution{.strides = node.pair("strides", {1, 1}),
                          .dilations = node.pair("dilations", {1, 1}),
                          .groups = node.integer("group", 1)};
  importer.value(node, 0);
  std::string weight = importer.weight(node, 1);
  const Shape shape = importer.graph().tensor(weight).shape;
  if (shape.size() != 4) {
    node.refuse(fmt::format("a convolution of {} dimensions", shape.size()));
  }
  const std::array<std::int64_t, 2> kernel = {shape[2], shape[3]};
  if (node.pair("kernel_shape", kernel) != kernel) {
    node.refuse("kernel_shape differs from the weight's");
  }
  if (convolution.groups < 1 || convolution.groups > shape[0] || shape[0] % convolution.groups != 0) {
    node.refuse(fmt::format("{} groups of {} filters", convolution.groups, shape[0]));
  }
  convolution.pads = pads_of(importer, node, {kernel, convolution.strides, convolution.dilations});
  std::string x = scaled_input(importer, node, weight, convolution.groups);
  if (x.empty()) {
    x = padded_input(importer, node, convolution);
  }
  if (importer.known(x).rank != 4) {
    node.refuse("a convolution of a flattened value is not held");
  }
  std::vector<std::string> inputs = {x, weight};
  if (!node.input(2).empty()) {
    inputs.push_back(importer.weight(node, 2));
  }
  importer.add(node, convolution, std::move(inputs));
}

void read_batch_normalization(Importer& importer, const OnnxNode& node) {
  node.allow_only({"epsilon", "momentum", "training_mode", "spatial"});
  if (node.integer("training_mode", 0) != 0) {
    node.refuse("the network was exported in training mode");
  }
  const float epsilon = node.number("epsilon", 1e-5F);
  if (!(epsilon >= 0 && epsilon < 1)) {
    node.refuse(fmt::format("an epsilon of {}", epsilon));
  }
  const std::string x = importer.plain(node, 0);
  if (importer.known(x).rank != 4) {
    node.refuse("a normalisation of a flattened value is not held");
  }
  std::vector<std::string> inputs = {x};
  for (std::size_t i = 1; i < 5; ++i) {
    inputs.push_back(importer.weight(node, i));
  }
  importer.add(node, BatchNormalization{.epsilon = epsilon}, std::move(inputs));
}

void read_gemm(Importer& importer, const OnnxNode& node) {
  node.allow_only({"alpha", "beta", "transA", "transB"});
  if (node.integer("transA", 0) != 0) {
    node.refuse("a Gemm with transA is not held");
  }
  importer.value(node, 0);
  std::string weight = linear_weight(importer, node, node.integer("transB", 0) == 0, node.number("alpha", 1));
  const std::string bias = node.input(2).empty() ? "" : linear_bias(importer, node, node.number("beta", 1));
  add_linear(importer, node, std::move(weight), bias);
}

void read_matmul(Importer& importer, const OnnxNode& node) {
  node.allow_only({});
  importer.value(node, 0);
  add_linear(importer, node, linear_weight(importer, node, true, 1), "");
}

void read_concat(Importer& importer, const OnnxNode& node) {
  node.allow_only({"axis"});
  std::vector<std::string> inputs;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    inputs.push_back(importer.plain(node, i));
    if (importer.known(inputs.back()).rank != 4) {
      node.refuse("joining flattened values is not held");
    }
  }
  if (inputs.empty()) {
    node.refuse("an input is missing");
  }
  if (node.axis(node.integer("axis", 1), 4) != 1) {
    node.refuse("joining along another axis than channels is not held");
  }
  importer.add(node, Concatenate{}, std::move(inputs));
}

}  // namespace niwaki::onnx_import
