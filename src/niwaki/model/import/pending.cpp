#include "niwaki/model/import/pending.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace niwaki::onnx_import {
namespace {

float one_of(const std::vector<float>& values, std::size_t channel) {
  return values[values.size() == 1 ? 0 : channel];
}

bool is_identity(const Affine& affine) {
  return std::ranges::all_of(affine.scale, [](float scale) { return scale == 1; }) &&
         std::ranges::all_of(affine.shift, [](float shift) { return shift == 0; });
}

/// The layer's bias times scale plus shift, made where there is none.
void fold_into_bias(Importer& importer, Node& layer, std::size_t position, const Affine& affine) {
  const auto channels = static_cast<std::size_t>(importer.graph().tensor(layer.inputs[1]).shape[0]);
  if (layer.inputs.size() <= position) {
    const bool whole = !affine.shift_name.empty() && affine.shift.size() == channels;
    if (std::ranges::all_of(affine.shift, [](float shift) { return shift == 0; })) {
      return;
    }
    Tensor bias{{static_cast<std::int64_t>(channels)}, std::vector<float>(channels)};
    for (std::size_t channel = 0; channel < channels; ++channel) {
      bias.values[channel] = one_of(affine.shift, channel);
    }
    layer.inputs.push_back(whole ? importer.add_named(affine.shift_name, std::move(bias))
                                 : importer.add_tensor(layer.inputs[1], "shift", std::move(bias)));
    return;
  }
  layer.inputs[position] = importer.changeable(layer.inputs[position], "shifted");
  Tensor& bias = importer.graph().tensor(layer.inputs[position]);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    bias.values[channel] = bias.values[channel] * one_of(affine.scale, channel) + one_of(affine.shift, channel);
  }
}

void fold_into_weight(Importer& importer, Node& layer, const Affine& affine) {
  if (std::ranges::all_of(affine.scale, [](float scale) { return scale == 1; })) {
    return;
  }
  layer.inputs[1] = importer.changeable(layer.inputs[1], "scaled");
  Tensor& weight = importer.graph().tensor(layer.inputs[1]);
  const std::size_t per_channel = weight.size() / static_cast<std::size_t>(weight.shape[0]);
  for (std::size_t i = 0; i < weight.size(); ++i) {
    weight.values[i] *= one_of(affine.scale, i / per_channel);
  }
}

void fold(Importer& importer, const OnnxNode& node, Value& value) {
  const Affine affine = std::get<Affine>(value.pending);
  Node& layer = *importer.producer(value.name);
  const auto channels = static_cast<std::size_t>(importer.graph().tensor(layer.inputs[1]).shape[0]);
  for (const auto* part : {&affine.scale, &affine.shift}) {
    if (part->size() != 1 && part->size() != channels) {
      node.refuse(fmt::format("a constant of {} channels meets a value of {}", part->size(), channels));
    }
  }
  fold_into_weight(importer, layer, affine);
  fold_into_bias(importer, layer, 2, affine);
  importer.rename(layer, value.output);
  value.name = value.output;
  value.pending = Nothing{};
}

/// The materialising of each kind.
struct Materialise {
  Importer& importer;
  const OnnxNode& node;
  Value& value;

  void operator()(const Nothing&) const {}
  void operator()(const Affine& affine) const {
    if (is_identity(affine)) {
      value.pending = Nothing{};
      return;
    }
    if (!foldable(importer, value)) {
      node.refuse(
          fmt::format("constants are added to or multiplied with its input by '{}', which is held right after a "
                      "convolution, a linear layer or a normalisation alone",
                      printable(value.node)));
    }
    fold(importer, node, value);
  }
  void operator()(const Clipped& clipped) const {
    const Clipped wanted = clipped;
    if (std::isfinite(wanted.high) && !foldable(importer, value)) {
      emit_hard_sigmoid(importer, value);
      materialise(importer, node, value);
      return;
    }
    const std::string output = value.output;
    value.output = importer.fresh_value(output + ".affine");
    value.pending = Affine{.scale = {wanted.scale}, .shift = {wanted.shift}, .shift_name = ""};
    materialise(importer, node, value);
    const Operation operation = std::isfinite(wanted.high) ? Operation(Clip{.low = 0, .high = wanted.high}) : Relu{};
    value.name = importer.add(value.node, operation, {value.name}, output);
  }
  void operator()(const Padded& padded) const {
    const Pad pad{.pads = padded.pads, .value = padded.value};
    value.name = importer.add(value.node, pad, {value.name}, value.output);
    value.pooled = false;
    value.pending = Nothing{};
  }
  void operator()(const Transposed&) const { refuse("a Transpose that no later one undoes"); }
  void operator()(const Squeezed&) const { refuse("a value without its width"); }
  void operator()(const Columns&) const { refuse("a value reshaped to [batch, channels, height x width]"); }
  void operator()(const Expanded&) const { refuse("a value repeated over height and width, but for multiplying,"); }

  void refuse(const char* what) const {
    node.refuse(fmt::format("{} ('{}') is not held", what, printable(value.node)));
  }
};

}  // namespace

void materialise(Importer& importer, const OnnxNode& node, Value& value) {
  const Pending pending = value.pending;
  std::visit(Materialise{importer, node, value}, pending);
}

void emit_hard_sigmoid(Importer& importer, Value& value) {
  const Clipped clipped = std::get<Clipped>(value.pending);
  const HardSigmoid sigmoid{.alpha = clipped.scale / clipped.high, .beta = clipped.shift / clipped.high};
  value.name = importer.add(value.node, sigmoid, {value.name}, importer.fresh_value(value.name + ".hard_sigmoid"));
  value.pending = Affine{.scale = {clipped.high}, .shift = {0.0F}, .shift_name = ""};
}

bool foldable(Importer& importer, const Value& value) {
  const Node* layer = importer.producer(value.name);
  const bool fits = layer != nullptr && (std::holds_alternative<Convolution>(layer->operation) ||
                                         std::holds_alternative<Linear>(layer->operation) ||
                                         std::holds_alternative<BatchNormalization>(layer->operation));
  return fits && importer.uses(value.name) <= 1 && !importer.is_read(value.name);
}

}  // namespace niwaki::onnx_import
