#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <fmt/format.h>

#include "niwaki/model/import/operators.hpp"
#include "niwaki/model/import/pending.hpp"

namespace niwaki::onnx_import {
namespace {

/// A constant operand as one number, or one a channel (a feature, after flattening).
std::vector<float> per_channel(Importer& importer, const OnnxNode& node, std::size_t i, const Value& other) {
  const Tensor& constant = importer.floats(node, i);
  const std::size_t rank = constant.shape.size();
  const std::size_t from_end = other.rank == 2 ? 1 : 3;
  const bool fits = constant.size() == 1 ||
                    (rank >= from_end && static_cast<std::size_t>(constant.shape[rank - from_end]) == constant.size());
  if (!fits || rank > static_cast<std::size_t>(other.rank)) {
    node.refuse(fmt::format("the constant '{}' is neither one number nor one a channel", printable(node.input(i))));
  }
  if (!std::ranges::all_of(constant.values, [](float value) { return std::isfinite(value); })) {
    node.refuse(fmt::format("the constant '{}' is not finite", printable(node.input(i))));
  }
  return constant.values;
}

std::vector<float> combined(const OnnxNode& node, const std::vector<float>& a, const std::vector<float>& b,
                            const std::function<float(float, float)>& both) {
  const std::size_t size = std::max(a.size(), b.size());
  if ((a.size() != size && a.size() != 1) || (b.size() != size && b.size() != 1)) {
    node.refuse(fmt::format("constants of {} and {} channels meet", a.size(), b.size()));
  }
  std::vector<float> result(size);
  for (std::size_t i = 0; i < size; ++i) {
    result[i] = both(a[a.size() == 1 ? 0 : i], b[b.size() == 1 ? 0 : i]);
  }
  return result;
}

/// The scale and shift that wait at an input that this node alone uses. What waits otherwise is done first.
Affine waiting(Importer& importer, const OnnxNode& node, std::size_t i) {
  Value& x = importer.value(node, i);
  if (const auto* affine = std::get_if<Affine>(&x.pending); affine != nullptr && importer.uses(node.input(i)) == 1) {
    return *affine;
  }
  if (const auto* clipped = std::get_if<Clipped>(&x.pending); clipped != nullptr && std::isfinite(clipped->high)) {
    emit_hard_sigmoid(importer, x);
    return std::get<Affine>(x.pending);
  }
  importer.plain(node, i);
  return {};
}

void shift(Importer& importer, const OnnxNode& node, std::size_t computed, std::size_t constant, float sign) {
  Affine affine = waiting(importer, node, computed);
  const Value& x = importer.value(node, computed);
  const std::vector<float> more = per_channel(importer, node, constant, x);
  const bool first = affine.shift == std::vector<float>{0};
  affine.shift = combined(node, affine.shift, more, [&](float a, float b) { return a + sign * b; });
  affine.shift_name = first && sign == 1 ? node.input(constant) : "";
  importer.define_pending(node, x, affine);
}

void scale(Importer& importer, const OnnxNode& node, std::size_t computed, const std::vector<float>& factor) {
  Affine affine = waiting(importer, node, computed);
  const Value& x = importer.value(node, computed);
  affine.scale = combined(node, affine.scale, factor, std::multiplies<>());
  if (affine.shift != std::vector<float>{0}) {
    affine.shift = combined(node, affine.shift, factor, std::multiplies<>());
  }
  affine.shift_name.clear();
  // 6 / 6 of a HardSigmoid that is written as three nodes.
  if (affine.scale.size() == 1 && std::abs(affine.scale[0] - 1) < 1e-6F) {
    affine.scale = {1.0F};
  }
  importer.define_pending(node, x, affine);
}

/// An operand of a product without its scale of one number, which the product takes over. -> `product_scale`
std::string without_scale(Importer& importer, const OnnxNode& node, std::size_t i, float& product_scale) {
  Value& x = importer.value(node, i);
  if (std::holds_alternative<Expanded>(x.pending)) {
    return x.name;
  }
  if (const auto* clipped = std::get_if<Clipped>(&x.pending);
      clipped != nullptr && std::isfinite(clipped->high) && !foldable(importer, x)) {
    emit_hard_sigmoid(importer, x);
  }
  const auto* affine = std::get_if<Affine>(&x.pending);
  if (affine == nullptr || affine->scale.size() != 1 || affine->shift != std::vector<float>{0} ||
      foldable(importer, x)) {
    return importer.plain(node, i);
  }
  product_scale *= affine->scale[0];
  return x.name;
}

bool is_pytorchs(const HardSigmoid& sigmoid) {
  return std::abs(sigmoid.alpha - 1.0F / 6) < 1e-6F && std::abs(sigmoid.beta - 0.5F) < 1e-6F;
}

/// x times its own HardSigmoid, which nothing else reads.
bool is_hard_swish(Importer& importer, const OnnxNode& node, const std::string& x, const std::string& gate,
                   std::size_t gate_input) {
  const Node* producer = importer.producer(gate);
  const auto* sigmoid = producer == nullptr ? nullptr : std::get_if<HardSigmoid>(&producer->operation);
  return sigmoid != nullptr && is_pytorchs(*sigmoid) && producer->inputs[0] == x &&
         importer.uses(node.input(gate_input)) == 1 && !importer.is_read(gate);
}

bool is_per_channel(Importer& importer, const std::string& value) {
  const Shape* shape = importer.declared_shape(value);
  return importer.known(value).pooled ||
         (shape != nullptr && shape->size() == 4 && (*shape)[2] == 1 && (*shape)[3] == 1);
}

/// Whether a is what scales the channels of b, and not the other way round.
bool swapped(Importer& importer, const std::string& a, const std::string& b) {
  if (importer.known(a).pooled != importer.known(b).pooled) {
    return importer.known(a).pooled;
  }
  return is_per_channel(importer, a) && !is_per_channel(importer, b);
}

void add_product(Importer& importer, const OnnxNode& node) {
  float factor = 1;
  std::string a = without_scale(importer, node, 0, factor);
  std::string b = without_scale(importer, node, 1, factor);
  if (importer.known(a).rank != importer.known(b).rank) {
    node.refuse("its two inputs differ in their number of dimensions");
  }
  const bool expanded = std::holds_alternative<Expanded>(importer.value(node, 0).pending) ||
                        std::holds_alternative<Expanded>(importer.value(node, 1).pending);
  if (expanded && importer.known(a).pooled && importer.known(b).pooled) {
    node.refuse("a product of two repeated values is not held");
  }
  std::vector<std::string> inputs = {a, b};
  if (swapped(importer, a, b)) {
    std::swap(inputs[0], inputs[1]);
  }
  Operation operation = Multiply{};
  for (const std::size_t gate : {1U, 0U}) {
    if (is_hard_swish(importer, node, gate == 1 ? a : b, gate == 1 ? b : a, gate)) {
      importer.remove_node(*importer.producer(gate == 1 ? b : a));
      operation = HardSwish{};
      inputs = {gate == 1 ? a : b};
      break;
    }
  }
  if (std::abs(factor - 1) < 1e-6F) {
    importer.add(node, operation, std::move(inputs));
    return;
  }
  const std::string product =
      importer.add(node.name(), operation, std::move(inputs), importer.fresh_value(node.output() + ".unscaled"));
  importer.define_pending(node, importer.known(product), Affine{.scale = {factor}, .shift = {0.0F}, .shift_name = ""});
}

template <typename Activation>
void add_activation(Importer& importer, const OnnxNode& node, const Activation& activation) {
  importer.add(node, activation, {importer.plain(node, 0)});
}

/// A scale and shift of one number each that may yet become a HardSigmoid.
const Affine* one_number(const Value& x) {
  const auto* affine = std::get_if<Affine>(&x.pending);
  const bool fits = affine != nullptr && affine->scale.size() == 1 && affine->shift.size() == 1 && affine->scale[0] > 0;
  return fits ? affine : nullptr;
}

/// A Clip of what was rectified just before is one Clip: PyTorch writes relu6 as both.
bool merge_into_relu(Importer& importer, const OnnxNode& node, const Clip& clip, const std::string& x) {
  Node* producer = importer.producer(x);
  const bool fits = producer != nullptr && std::holds_alternative<Relu>(producer->operation) && clip.low <= 0 &&
                    clip.high >= 0 && importer.uses(node.input(0)) == 1 && !importer.is_read(x);
  if (!fits) {
    return false;
  }
  const std::vector<std::string> inputs = producer->inputs;
  importer.remove_node(*producer);
  importer.add(node, Clip{.low = 0, .high = clip.high}, inputs);
  return true;
}

}  // namespace

void read_relu(Importer& importer, const OnnxNode& node) {
  node.allow_only({});
  const Value& x = importer.value(node, 0);
  const Affine* affine = one_number(x);
  if (affine != nullptr && importer.uses(node.input(0)) == 1) {
    importer.define_pending(
        node, x,
        Clipped{.scale = affine->scale[0], .shift = affine->shift[0], .high = std::numeric_limits<float>::infinity()});
    return;
  }
  add_activation(importer, node, Relu{});
}

void read_clip(Importer& importer, const OnnxNode& node) {
  node.allow_only({});
  constexpr float kMost = std::numeric_limits<float>::max();
  Clip clip{.low = -kMost, .high = kMost};
  if (!node.input(1).empty()) {
    clip.low = std::clamp(importer.scalar(node, 1), -kMost, kMost);
  }
  if (!node.input(2).empty()) {
    clip.high = std::clamp(importer.scalar(node, 2), -kMost, kMost);
  }
  const Value& x = importer.value(node, 0);
  if (importer.uses(node.input(0)) == 1 && clip.high > 0 && clip.high < kMost) {
    const auto* clipped = std::get_if<Clipped>(&x.pending);
    if (clipped != nullptr && clip.low <= 0) {
      importer.define_pending(node, x, Clipped{clipped->scale, clipped->shift, std::min(clipped->high, clip.high)});
      return;
    }
    if (const Affine* affine = one_number(x); affine != nullptr && clip.low == 0) {
      importer.define_pending(node, x, Clipped{affine->scale[0], affine->shift[0], clip.high});
      return;
    }
  }
  const std::string plain = importer.plain(node, 0);
  if (!merge_into_relu(importer, node, clip, plain)) {
    importer.add(node, clip, {plain});
  }
}

void read_sigmoid(Importer& importer, const OnnxNode& node) {
  node.allow_only({});
  add_activation(importer, node, Sigmoid{});
}

void read_hard_sigmoid(Importer& importer, const OnnxNode& node) {
  node.allow_only({"alpha", "beta"});
  const HardSigmoid sigmoid{.alpha = node.number("alpha", 0.2F), .beta = node.number("beta", 0.5F)};
  if (!std::isfinite(sigmoid.alpha) || !std::isfinite(sigmoid.beta)) {
    node.refuse("alpha or beta is not finite");
  }
  add_activation(importer, node, sigmoid);
}

void read_hard_swish(Importer& importer, const OnnxNode& node) {
  node.allow_only({});
  add_activation(importer, node, HardSwish{});
}

void read_add(Importer& importer, const OnnxNode& node) {
  node.allow_only({});
  if (importer.is_constant(node, 0) || importer.is_constant(node, 1)) {
    const std::size_t constant = importer.is_constant(node, 1) ? 1 : 0;
    shift(importer, node, 1 - constant, constant, 1);
    return;
  }
  const std::string a = importer.plain(node, 0);
  const std::string b = importer.plain(node, 1);
  if (importer.known(a).rank != importer.known(b).rank) {
    node.refuse("its two inputs differ in their number of dimensions");
  }
  importer.add(node, Add{}, {a, b});
}

void read_sub(Importer& importer, const OnnxNode& node) {
  node.allow_only({});
  if (!importer.is_constant(node, 1)) {
    node.refuse("subtracting anything but a constant is not held");
  }
  shift(importer, node, 0, 1, -1);
}

void read_mul(Importer& importer, const OnnxNode& node) {
  node.allow_only({});
  if (importer.is_constant(node, 0) || importer.is_constant(node, 1)) {
    const std::size_t constant = importer.is_constant(node, 1) ? 1 : 0;
    scale(importer, node, 1 - constant, per_channel(importer, node, constant, importer.value(node, 1 - constant)));
    return;
  }
  add_product(importer, node);
}

void read_div(Importer& importer, const OnnxNode& node) {
  node.allow_only({});
  if (!importer.is_constant(node, 1)) {
    node.refuse("dividing by anything but a constant is not held");
  }
  std::vector<float> factor = per_channel(importer, node, 1, importer.value(node, 0));
  for (float& value : factor) {
    value = 1 / value;
    if (!std::isfinite(value)) {
      node.refuse("it divides by zero");
    }
  }
  scale(importer, node, 0, factor);
}

}  // namespace niwaki::onnx_import
