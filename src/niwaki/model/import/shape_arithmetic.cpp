#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include "niwaki/model/import/operators.hpp"

namespace niwaki::onnx_import {
namespace {

// Of shapes and paddings: more is no such thing, and is not worth computing.
constexpr std::size_t kMostNumbers = 4096;
constexpr std::int64_t kLargest = std::int64_t{1} << 50;

IntegerArray list(std::vector<Dimension> values) {
  const auto length = static_cast<std::int64_t>(values.size());
  return {.shape = {length}, .values = std::move(values)};
}

Dimension number(std::int64_t value) {
  return value > kLargest || value < -kLargest ? Dimension{} : Dimension::of(value);
}

Dimension combined(const std::string& op, const Dimension& a, const Dimension& b) {
  const bool known = a.kind == Dimension::Kind::kNumber && b.kind == Dimension::Kind::kNumber;
  if (!known) {
    const bool unchanged = (op == "Mul" || op == "Div") && b.is(1);
    return unchanged ? a : Dimension{};
  }
  std::int64_t result = 0;
  const bool overflows = (op == "Add" && __builtin_add_overflow(a.number, b.number, &result)) ||
                         (op == "Sub" && __builtin_sub_overflow(a.number, b.number, &result)) ||
                         (op == "Mul" && __builtin_mul_overflow(a.number, b.number, &result));
  if (overflows || (op == "Div" && (b.number == 0 || b.number == -1))) {
    return op == "Div" && b.number == -1 && a.number >= -kLargest ? number(-a.number) : Dimension{};
  }
  return number(op == "Div" ? a.number / b.number : result);
}

void read_binary(Importer& importer, const OnnxNode& node) {
  const IntegerArray a = importer.integers(node, 0);
  const IntegerArray b = importer.integers(node, 1);
  const IntegerArray& larger = a.values.size() >= b.values.size() ? a : b;
  const bool fit = a.values.size() == b.values.size() || a.values.size() == 1 || b.values.size() == 1;
  if (!fit || a.values.empty() || b.values.empty()) {
    node.refuse("its two shapes differ in length, or are empty");
  }
  IntegerArray result = larger;
  for (std::size_t i = 0; i < result.values.size(); ++i) {
    result.values[i] =
        combined(node.op(), a.values[a.values.size() == 1 ? 0 : i], b.values[b.values.size() == 1 ? 0 : i]);
  }
  importer.define(node, std::move(result));
}

void read_negated(Importer& importer, const OnnxNode& node) {
  IntegerArray array = importer.integers(node, 0);
  for (Dimension& value : array.values) {
    value = combined("Sub", Dimension::of(0), value);
  }
  importer.define(node, std::move(array));
}

void read_joined(Importer& importer, const OnnxNode& node) {
  std::vector<Dimension> values;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    const IntegerArray part = importer.integers(node, i);
    if (part.shape.size() != 1 || values.size() + part.values.size() > kMostNumbers) {
      node.refuse("joining shapes that are no lists, or too long, is not held");
    }
    values.insert(values.end(), part.values.begin(), part.values.end());
  }
  importer.define(node, list(std::move(values)));
}

void read_reshaped(Importer& importer, const OnnxNode& node) {
  IntegerArray array = importer.integers(node, 0);
  std::vector<std::int64_t> shape = importer.numbers(node, 1);
  const auto size = static_cast<std::int64_t>(array.values.size());
  std::int64_t known = 1;
  for (const std::int64_t length : shape) {
    known *= length == -1 ? 1 : std::clamp<std::int64_t>(length, 0, size + 1);
  }
  if (const auto open = std::ranges::find(shape, -1); open != shape.end() && known > 0) {
    *open = size / known;
    known *= *open;
  }
  if (shape.size() > 2 || known != size || std::ranges::any_of(shape, [](std::int64_t length) { return length < 0; })) {
    node.refuse("a list of numbers takes a shape that does not fit");
  }
  array.shape = std::move(shape);
  importer.define(node, std::move(array));
}

void read_transposed(Importer& importer, const OnnxNode& node) {
  const IntegerArray from = importer.integers(node, 0);
  const std::vector<std::int64_t> permutation = node.integers("perm");
  const bool turns = permutation.empty() || permutation == std::vector<std::int64_t>{1, 0};
  if (from.shape.size() != 2 || !turns) {
    node.refuse("a transposition of a list of numbers");
  }
  IntegerArray result{.shape = {from.shape[1], from.shape[0]}, .values = {}};
  for (std::int64_t column = 0; column < from.shape[1]; ++column) {
    for (std::int64_t row = 0; row < from.shape[0]; ++row) {
      result.values.push_back(from.values[static_cast<std::size_t>(row * from.shape[1] + column)]);
    }
  }
  importer.define(node, std::move(result));
}

/// Between one number and a list of one.
void read_squeezed(Importer& importer, const OnnxNode& node) {
  IntegerArray array = importer.integers(node, 0);
  if (array.values.size() != 1) {
    node.refuse("another axis of a list of numbers is not held");
  }
  array.shape = node.op() == "Squeeze" ? std::vector<std::int64_t>{} : std::vector<std::int64_t>{1};
  importer.define(node, std::move(array));
}

void read_integer_cast(Importer& importer, const OnnxNode& node) {
  const std::int64_t to = node.integer("to", 0);
  if (to == onnx::TensorProto::INT64 || to == onnx::TensorProto::INT32) {
    importer.define_alias(node, 0);
  } else {
    read_cast(importer, node);
  }
}

bool takes_integers(Importer& importer, const OnnxNode& node) {
  bool any = false;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    const bool axes = i > 0 && (node.op() == "Squeeze" || node.op() == "Unsqueeze" || node.op() == "Reshape");
    if (!node.input(i).empty() && !axes) {
      any = true;
      if (!importer.is_integers(node, i)) {
        return false;
      }
    }
  }
  return any;
}

/// A bound of Slice within a list of this length.
std::int64_t bound(std::int64_t given, std::int64_t length, bool backwards) {
  const std::int64_t from_front = given < 0 ? given + length : given;
  return backwards ? std::clamp<std::int64_t>(from_front, -1, length - 1)
                   : std::clamp<std::int64_t>(from_front, 0, length);
}

std::int64_t one_of(Importer& importer, const OnnxNode& node, std::size_t i, std::int64_t otherwise) {
  if (node.input(i).empty()) {
    return otherwise;
  }
  const std::vector<std::int64_t> values = importer.numbers(node, i);
  if (values.size() != 1) {
    node.refuse("a Slice along several axes is not held");
  }
  return std::clamp(values[0], -kLargest, kLargest);
}

}  // namespace

void read_shape_of(Importer& importer, const OnnxNode& node) {
  node.allow_only({});
  const bool integers = importer.is_integers(node, 0);
  if (integers || importer.is_constant(node, 0)) {
    std::vector<Dimension> lengths;
    for (const std::int64_t length :
         integers ? importer.integers(node, 0).shape : importer.constants().shape(node.input(0), node.where())) {
      lengths.push_back(number(length));
    }
    importer.define(node, list(std::move(lengths)));
    return;
  }
  const Value& x = importer.value(node, 0);
  const bool plain = std::holds_alternative<Nothing>(x.pending) || std::holds_alternative<Affine>(x.pending) ||
                     std::holds_alternative<Clipped>(x.pending);
  std::vector<Dimension> values(static_cast<std::size_t>(x.rank));
  values[0].kind = Dimension::Kind::kBatch;
  const Shape* declared = plain ? importer.declared_shape(x.name) : nullptr;
  for (std::size_t axis = 1; plain && axis < values.size(); ++axis) {
    if (declared != nullptr) {
      values[axis] = number((*declared)[axis]);
    } else if (axis == 1 && x.channels > 0) {
      values[axis] = number(x.channels);
    } else if (axis > 1 && x.pooled) {
      values[axis] = number(1);
    }
  }
  if (!plain && !std::holds_alternative<Padded>(x.pending)) {
    node.refuse("the shape of a value that is being reshaped is not held");
  }
  importer.define(node, list(std::move(values)));
}

void read_constant_of_shape(Importer& importer, const OnnxNode& node) {
  node.allow_only({"value"});
  const std::vector<std::int64_t> shape = importer.numbers(node, 0);
  std::int64_t value = 0;
  if (const onnx::TensorProto* tensor = node.tensor("value")) {
    const bool whole = tensor->data_type() == onnx::TensorProto::INT64 && tensor->int64_data_size() == 1;
    if (whole) {
      value = tensor->int64_data(0);
    } else if (tensor->data_type() == onnx::TensorProto::INT64 && tensor->raw_data().size() == sizeof(value)) {
      std::copy_n(tensor->raw_data().data(), sizeof(value), reinterpret_cast<char*>(&value));
    } else {
      node.refuse("a ConstantOfShape of anything but a whole number is not held");
    }
  }
  if (shape.size() != 1 || shape[0] < 0 || shape[0] > static_cast<std::int64_t>(kMostNumbers)) {
    node.refuse("a ConstantOfShape of anything but a short list is not held");
  }
  importer.define(node, list(std::vector<Dimension>(static_cast<std::size_t>(shape[0]), number(value))));
}

void read_gather(Importer& importer, const OnnxNode& node) {
  node.allow_only({"axis"});
  const IntegerArray from = importer.integers(node, 0);
  IntegerArray result{.shape = importer.integers(node, 1).shape, .values = {}};
  if (from.shape.size() != 1 || node.axis(node.integer("axis", 0), 1) != 0) {
    node.refuse("picking from anything but a list of numbers is not held");
  }
  const auto length = static_cast<std::int64_t>(from.values.size());
  for (const std::int64_t index : importer.numbers(node, 1)) {
    if (index < -length || index >= length) {
      node.refuse(fmt::format("it picks number {} of {}", index, length));
    }
    result.values.push_back(from.values[static_cast<std::size_t>(index < 0 ? index + length : index)]);
  }
  importer.define(node, std::move(result));
}

void read_slice(Importer& importer, const OnnxNode& node) {
  node.allow_only({});
  const IntegerArray from = importer.integers(node, 0);
  if (from.shape.empty() || from.shape.size() > 2 || one_of(importer, node, 3, 0) != 0) {
    node.refuse("a Slice along another axis than the first is not held");
  }
  const std::int64_t step = one_of(importer, node, 4, 1);
  const std::int64_t rows = from.shape[0];
  const std::int64_t width = from.shape.size() == 2 ? from.shape[1] : 1;
  if (step == 0) {
    node.refuse("a Slice with a step of 0");
  }
  const std::int64_t first = bound(one_of(importer, node, 1, 0), rows, step < 0);
  const std::int64_t last = bound(one_of(importer, node, 2, rows), rows, step < 0);
  IntegerArray result{.shape = from.shape, .values = {}};
  result.shape[0] = 0;
  for (std::int64_t row = first; step > 0 ? row < last : row > last; row += step) {
    for (std::int64_t column = 0; column < width; ++column) {
      result.values.push_back(from.values[static_cast<std::size_t>(row * width + column)]);
    }
    ++result.shape[0];
  }
  importer.define(node, std::move(result));
}

bool read_integer_operator(Importer& importer, const OnnxNode& node) {
  using Handler = void (*)(Importer&, const OnnxNode&);
  static const std::map<std::string, Handler> handlers = {
      {"Add", read_binary}, {"Cast", read_integer_cast},    {"Concat", read_joined},      {"Div", read_binary},
      {"Mul", read_binary}, {"Neg", read_negated},          {"Reshape", read_reshaped},   {"Squeeze", read_squeezed},
      {"Sub", read_binary}, {"Transpose", read_transposed}, {"Unsqueeze", read_squeezed},
  };
  const auto found = handlers.find(node.op());
  if (found == handlers.end() || !takes_integers(importer, node)) {
    return false;
  }
  found->second(importer, node);
  return true;
}

}  // namespace niwaki::onnx_import
