#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace niwaki::onnx_import {

/// One number of a shape that nodes compute: known, the batch's, or one that the input's size decides.
struct Dimension {
  enum class Kind { kNumber, kBatch, kUnknown };
  Kind kind = Kind::kUnknown;
  std::int64_t number = 0;

  static Dimension of(std::int64_t number) { return {Kind::kNumber, number}; }
  [[nodiscard]] bool is(std::int64_t value) const { return kind == Kind::kNumber && number == value; }
};

/// A whole-number array of at most two dimensions, row-major: what Shape gives and Reshape takes.
struct IntegerArray {
  std::vector<std::int64_t> shape;  // empty: one number
  std::vector<Dimension> values;
};

// What is still to be done to a value. Layers that can take it upon themselves do (a convolution takes padding); where
// one cannot, it becomes a node, or is refused.
struct Nothing {};
/// scale x + shift, each of one number or one a channel.
struct Affine {
  std::vector<float> scale = {1.0F};
  std::vector<float> shift = {0.0F};
  std::string shift_name;  // the constant that is the whole shift, "" where it is computed
};
/// max(0, min(high, scale x + shift)): on the way to a HardSigmoid.
struct Clipped {
  float scale = 1;
  float shift = 0;
  float high = 0;
};
struct Padded {
  std::array<std::int64_t, 4> pads = {0, 0, 0, 0};
  float value = 0;  // may be minus infinity
};
struct Transposed {
  std::array<std::int64_t, 4> permutation = {0, 1, 2, 3};
};
/// [batch, channels, 1]: height or width squeezed away.
struct Squeezed {};
/// [batch, channels, height x width].
struct Columns {};
/// [batch, channels, 1, 1] repeated over height and width.
struct Expanded {};
using Pending = std::variant<Nothing, Affine, Clipped, Padded, Transposed, Squeezed, Columns, Expanded>;

/// A computed value of the ONNX graph.
struct Value {
  std::string name;           // in the Graph, before what is pending
  int rank = 4;               // in the Graph
  std::int64_t channels = 0;  // 0: not known
  bool pooled = false;        // [batch, channels, 1, 1] whatever the size of the input
  Pending pending;
  std::string node;    // of the ONNX file, that made it pending
  std::string output;  // of that node
};

}  // namespace niwaki::onnx_import
