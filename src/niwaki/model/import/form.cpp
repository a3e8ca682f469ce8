#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include "niwaki/model/import/operators.hpp"
#include "niwaki/model/import/unflatten.hpp"

namespace niwaki::onnx_import {
namespace {

/// The axes of Squeeze and Unsqueeze: an attribute, from opset 13 an input.
std::vector<std::int64_t> axes_of(Importer& importer, const OnnxNode& node, int rank) {
  std::vector<std::int64_t> axes = node.input(1).empty() ? node.integers("axes") : importer.numbers(node, 1);
  for (std::int64_t& axis : axes) {
    axis = node.axis(axis, rank);
  }
  std::ranges::sort(axes);
  if (axes.empty() || std::ranges::adjacent_find(axes) != axes.end()) {
    node.refuse("it does not name its axes, each once");
  }
  return axes;
}

Tensor reshaped(const OnnxNode& node, const Tensor& from, Shape shape) {
  std::int64_t known = 1;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == 0 && axis < from.shape.size()) {
      shape[axis] = from.shape[axis];
    }
    if (shape[axis] < -1 || shape[axis] == 0 ||
        (shape[axis] > 0 && __builtin_mul_overflow(known, shape[axis], &known))) {
      node.refuse("a shape that does not fit");
    }
  }
  const auto size = static_cast<std::int64_t>(from.size());
  if (const auto open = std::ranges::find(shape, -1); open != shape.end()) {
    *open = size / known;
    known *= *open;
  }
  if (known != size || std::ranges::count(shape, -1) > 0) {
    node.refuse(fmt::format("{} numbers do not fit into its shape", size));
  }
  return {std::move(shape), from.values};
}

/// Where each axis of the result begins in `from`, for a transposition of any rank.
Tensor transposed(const Tensor& from, const std::vector<std::int64_t>& permutation) {
  const std::size_t rank = from.shape.size();
  std::vector<std::size_t> from_strides(rank, 1);
  for (std::size_t axis = rank; axis-- > 1;) {
    from_strides[axis - 1] = from_strides[axis] * static_cast<std::size_t>(from.shape[axis]);
  }
  Tensor result{Shape(rank), std::vector<float>(from.size())};
  for (std::size_t axis = 0; axis < rank; ++axis) {
    result.shape[axis] = from.shape[static_cast<std::size_t>(permutation[axis])];
  }
  std::vector<std::int64_t> index(rank, 0);
  for (float& value : result.values) {
    std::size_t position = 0;
    for (std::size_t axis = 0; axis < rank; ++axis) {
      position += static_cast<std::size_t>(index[axis]) * from_strides[static_cast<std::size_t>(permutation[axis])];
    }
    value = from.values[position];
    for (std::size_t axis = rank; axis-- > 0 && ++index[axis] == result.shape[axis];) {
      index[axis] = 0;
    }
  }
  return result;
}

std::vector<std::int64_t> permutation_of(const OnnxNode& node, std::size_t rank) {
  std::vector<std::int64_t> permutation = node.integers("perm");
  std::vector<std::int64_t> all(rank);
  std::iota(all.begin(), all.end(), 0);
  if (permutation.empty()) {
    return {all.rbegin(), all.rend()};
  }
  if (!std::ranges::is_permutation(permutation, all)) {
    node.refuse("perm does not name each axis once");
  }
  return permutation;
}

/// Whether a number of a target shape can be the batch's.
bool is_batch(const Importer& importer, const Dimension& dimension) {
  if (dimension.kind == Dimension::Kind::kBatch || dimension.is(-1) || dimension.is(0)) {
    return true;
  }
  const std::int64_t declared = std::max<std::int64_t>(1, importer.declared_batch());
  return dimension.is(declared) || dimension.is(1);
}

bool fits(std::int64_t known, const Dimension& dimension) {
  return known == 0 || dimension.kind != Dimension::Kind::kNumber || dimension.number <= 0 || dimension.number == known;
}

/// [batch, everything else].
void reshape_to_matrix(Importer& importer, const OnnxNode& node, const IntegerArray& target) {
  const std::string x = importer.plain(node, 0);
  const Value& known = importer.known(x);
  const bool all_of_one = known.pooled || known.rank == 2;
  if ((all_of_one && !fits(known.channels, target.values[1])) || (target.values[0].is(-1) && target.values[1].is(-1)) ||
      (target.values[1].is(0) && !all_of_one)) {
    node.refuse("a Reshape to another shape than [batch, everything else] is not held");
  }
  if (known.rank == 2) {
    importer.define_alias(node, 0);
    return;
  }
  importer.add(node, Flatten{}, {x});
}

void reshape_to_image(Importer& importer, const OnnxNode& node, const IntegerArray& target) {
  const std::string x = importer.plain(node, 0);
  const Value known = importer.known(x);
  const bool pixel =
      (target.values[2].is(1) || target.values[2].is(-1)) && (target.values[3].is(1) || target.values[3].is(-1));
  if (!pixel || !fits(known.channels, target.values[1]) || (known.rank == 4 && !known.pooled)) {
    node.refuse("a Reshape to [batch, channels, height, width] is held of one pixel alone");
  }
  if (known.rank == 4) {
    importer.define_alias(node, 0);
    return;
  }
  importer.define(node, importer.known(unflatten(importer, node, x)));
}

void reshape_value(Importer& importer, const OnnxNode& node, const IntegerArray& target) {
  const std::size_t rank = target.values.size();
  if (rank < 2 || rank > 4 || !is_batch(importer, target.values[0])) {
    node.refuse("a Reshape to another shape than [batch, everything else] is not held");
  }
  if (rank == 2) {
    reshape_to_matrix(importer, node, target);
    return;
  }
  if (rank == 4) {
    reshape_to_image(importer, node, target);
    return;
  }
  const Value known = importer.known(importer.plain(node, 0));
  if (known.rank != 4 || target.values[0].is(-1) || target.values[1].is(-1) ||
      !fits(known.channels, target.values[1])) {
    node.refuse("a Reshape to three dimensions is held as [batch, channels, height x width] alone");
  }
  importer.define_pending(node, known, Columns{});
}

}  // namespace

void read_constant(Importer& importer, const OnnxNode& node) {
  node.allow_only({"value", "value_float", "value_floats", "value_int", "value_ints"});
  if (onnx::TensorProto* tensor = node.tensor("value")) {
    importer.define(node, *tensor);
    return;
  }
  if (const auto* one = node.find("value_float")) {
    importer.define(node, Tensor{{}, {one->f()}});
  } else if (const auto* list = node.find("value_floats")) {
    importer.define(node, Tensor{{list->floats_size()}, {list->floats().begin(), list->floats().end()}});
  } else if (const auto* number = node.find("value_int")) {
    importer.define(node, IntegerArray{.shape = {}, .values = {Dimension::of(number->i())}});
  } else if (node.find("value_ints") != nullptr) {
    IntegerArray array;
    for (const std::int64_t value : node.integers("value_ints")) {
      array.values.push_back(Dimension::of(value));
    }
    array.shape = {static_cast<std::int64_t>(array.values.size())};
    importer.define(node, std::move(array));
  } else {
    node.refuse("a Constant that is not a tensor is not held");
  }
}

void read_identity(Importer& importer, const OnnxNode& node) {
  node.allow_only({});
  importer.define_alias(node, 0);
}

void read_dropout(Importer& importer, const OnnxNode& node) {
  node.allow_only({"ratio", "seed"});
  if (!node.input(2).empty() && importer.is_true(node, 2)) {
    node.refuse("the network was exported in training mode");
  }
  importer.define_alias(node, 0);
}

void read_cast(Importer& importer, const OnnxNode& node) {
  node.allow_only({"to"});
  if (node.integer("to", 0) != onnx::TensorProto::FLOAT) {
    node.refuse("casting a value to another type than float32 is not held");
  }
  if (!importer.is_integers(node, 0)) {
    importer.define_alias(node, 0);
    return;
  }
  const IntegerArray array = importer.integers(node, 0);
  Tensor tensor{array.shape, {}};
  for (const std::int64_t number : importer.numbers(node, 0)) {
    tensor.values.push_back(static_cast<float>(number));
  }
  importer.define(node, std::move(tensor));
}

void read_flatten(Importer& importer, const OnnxNode& node) {
  node.allow_only({"axis"});
  const std::string x = importer.plain(node, 0);
  const int rank = importer.known(x).rank;
  const std::int64_t axis = node.integer("axis", 1);
  if ((axis < 0 ? axis + rank : axis) != 1) {
    node.refuse("flattening from another axis than 1 is not held");
  }
  if (rank == 2) {
    importer.define_alias(node, 0);
    return;
  }
  importer.add(node, Flatten{}, {x});
}

void read_reshape(Importer& importer, const OnnxNode& node) {
  node.allow_only({"allowzero"});
  const IntegerArray target = importer.integers(node, 1);
  const bool zero = std::ranges::any_of(target.values, [](const Dimension& length) { return length.is(0); });
  if (zero && node.integer("allowzero", 0) != 0) {
    node.refuse("a length of 0");
  }
  if (importer.is_constant(node, 0)) {
    importer.define(node, reshaped(node, importer.floats(node, 0), importer.numbers(node, 1)));
    return;
  }
  reshape_value(importer, node, target);
}

void read_squeeze(Importer& importer, const OnnxNode& node) {
  node.allow_only({"axes"});
  if (importer.is_constant(node, 0)) {
    const Tensor& from = importer.floats(node, 0);
    Shape shape = from.shape;
    const std::vector<std::int64_t> axes = axes_of(importer, node, static_cast<int>(shape.size()));
    for (std::size_t i = axes.size(); i-- > 0;) {
      shape.erase(shape.begin() + axes[i]);
    }
    importer.define(node, reshaped(node, from, shape));
    return;
  }
  const Value x = importer.value(node, 0);
  const bool squeezed = std::holds_alternative<Squeezed>(x.pending);
  if (!squeezed && importer.known(importer.plain(node, 0)).rank != 4) {
    node.refuse("squeezing a flattened value is not held");
  }
  const std::vector<std::int64_t> axes = axes_of(importer, node, squeezed ? 3 : 4);
  if (squeezed && axes == std::vector<std::int64_t>{2}) {
    if (x.rank == 2) {
      importer.define(node, importer.known(x.name));
    } else {
      importer.add(node, Flatten{}, {x.name});
    }
  } else if (!squeezed && axes == std::vector<std::int64_t>{2, 3}) {
    importer.add(node, Flatten{}, {importer.plain(node, 0)});
  } else if (!squeezed && axes.size() == 1 && axes[0] >= 2) {
    importer.define_pending(node, importer.known(importer.plain(node, 0)), Squeezed{});
  } else {
    node.refuse("squeezing anything but height and width is not held");
  }
}

void read_unsqueeze(Importer& importer, const OnnxNode& node) {
  node.allow_only({"axes"});
  if (importer.is_constant(node, 0)) {
    const Tensor& from = importer.floats(node, 0);
    Shape shape = from.shape;
    for (const std::int64_t axis :
         axes_of(importer, node,
                 static_cast<int>(shape.size() + (node.input(1).empty() ? node.integers("axes").size()
                                                                        : importer.numbers(node, 1).size())))) {
      shape.insert(shape.begin() + std::min(axis, static_cast<std::int64_t>(shape.size())), 1);
    }
    importer.define(node, reshaped(node, from, shape));
    return;
  }
  const Value x = importer.value(node, 0);
  const bool squeezed = std::holds_alternative<Squeezed>(x.pending);
  const std::size_t more = node.input(1).empty() ? node.integers("axes").size() : importer.numbers(node, 1).size();
  const std::string base = squeezed ? x.name : importer.plain(node, 0);
  const int rank = squeezed ? 3 : importer.known(base).rank;
  if (rank + more > 4) {
    node.refuse("more than four dimensions");
  }
  const std::vector<std::int64_t> axes = axes_of(importer, node, rank + static_cast<int>(more));
  if (axes[0] < 2) {
    node.refuse("a new axis before the channels is not held");
  }
  if (rank + axes.size() == 3) {
    importer.define_pending(node, importer.known(base), Squeezed{});
  } else if (importer.known(base).rank == 4) {
    importer.define(node, importer.known(base));
  } else {
    importer.define(node, importer.known(unflatten(importer, node, base)));
  }
}

void read_transpose(Importer& importer, const OnnxNode& node) {
  node.allow_only({"perm"});
  if (importer.is_constant(node, 0)) {
    const Tensor& from = importer.floats(node, 0);
    importer.define(node, transposed(from, permutation_of(node, from.shape.size())));
    return;
  }
  Value x = importer.value(node, 0);
  Transposed turn;
  if (const auto* before = std::get_if<Transposed>(&x.pending)) {
    turn = *before;
  } else {
    x = importer.known(importer.plain(node, 0));
  }
  const std::vector<std::int64_t> permutation = permutation_of(node, static_cast<std::size_t>(x.rank));
  std::array<std::int64_t, 4> both = {0, 1, 2, 3};
  for (std::size_t axis = 0; axis < permutation.size(); ++axis) {
    both[axis] = turn.permutation[static_cast<std::size_t>(permutation[axis])];
  }
  if (both == std::array<std::int64_t, 4>{0, 1, 2, 3}) {
    importer.define(node, importer.known(x.name));
    return;
  }
  importer.define_pending(node, x, Transposed{both});
}

void read_expand(Importer& importer, const OnnxNode& node) {
  node.allow_only({});
  const Value known = importer.known(importer.plain(node, 0));
  if (!known.pooled || known.rank != 4 || importer.integers(node, 1).values.size() != 4) {
    node.refuse("repeating anything but [batch, channels, 1, 1] is not held");
  }
  importer.define_pending(node, known, Expanded{});
}

}  // namespace niwaki::onnx_import
