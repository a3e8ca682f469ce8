#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "niwaki/core/preprocessing.hpp"

namespace niwaki {

/// A float32 array, row-major. Convolution weights are [out, in / groups, height, width]; linear weights are
/// [out, in].
struct Tensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;

  [[nodiscard]] std::size_t size() const { return values.size(); }
  bool operator==(const Tensor&) const = default;
};

/// One struct an operator, its attributes as ONNX defines them (opset 17) and its inputs in ONNX's order. Images are
/// [batch, channels, height, width].
struct Convolution {  // x, weight[, bias]
  std::array<std::int64_t, 2> strides = {1, 1};
  std::array<std::int64_t, 4> pads = {0, 0, 0, 0};  // top, left, bottom, right
  std::array<std::int64_t, 2> dilations = {1, 1};
  std::int64_t groups = 1;
};
struct BatchNormalization {  // x, scale, bias, mean, variance
  float epsilon = 1e-5F;
};
struct Relu {};
struct Clip {  // bounds are constants
  float low = 0.0F;
  float high = 6.0F;
};
struct Sigmoid {};
struct HardSigmoid {  // max(0, min(1, alpha x + beta)); PyTorch's constants (ONNX's alpha is 0.2 where a file says
                      // none)
  float alpha = 1.0F / 6;
  float beta = 0.5F;
};
struct HardSwish {};    // x times HardSigmoid of x, with PyTorch's constants
struct Add {};          // a, b of one shape
struct Multiply {};     // a, b; b may be [batch, channels, 1, 1]: always b and never a. x times its Sigmoid is Swish
struct Concatenate {};  // along channels
struct Pad {            // height and width by a constant; reading keeps it only where no layer after it takes its pads
  std::array<std::int64_t, 4> pads = {0, 0, 0, 0};  // top, left, bottom, right; none below 0
  float value = 0.0F;
};
struct MaxPool {
  std::array<std::int64_t, 2> kernel = {1, 1};
  std::array<std::int64_t, 2> strides = {1, 1};
  std::array<std::int64_t, 4> pads = {0, 0, 0, 0};
  bool ceil_mode = false;
};
struct AveragePool {
  std::array<std::int64_t, 2> kernel = {1, 1};
  std::array<std::int64_t, 2> strides = {1, 1};
  std::array<std::int64_t, 4> pads = {0, 0, 0, 0};
  bool ceil_mode = false;
  bool count_include_pad = false;
};
struct GlobalAveragePool {};  // [batch, channels, height, width] -> [batch, channels, 1, 1]
struct Flatten {};            // [batch, ...] -> [batch, everything else]
struct Linear {};             // x [batch, in], weight [out, in][, bias [out]]: ONNX Gemm with transB = 1

using Operation = std::variant<Convolution, BatchNormalization, Relu, Clip, Sigmoid, HardSigmoid, HardSwish, Add,
                               Multiply, Concatenate, Pad, MaxPool, AveragePool, GlobalAveragePool, Flatten, Linear>;
/// The operator's ONNX name: "Conv", "Gemm", ...
const char* operator_name(const Operation& operation);

struct Node {
  std::string name;
  Operation operation;
  std::vector<std::string> inputs;  // names of values or tensors
  std::string output;               // every operator held here has one
};

/// What a network is: nodes in an order in which they can be run, tensors by name, one input, one output of
/// logits [batch, classes].
struct Graph {
  std::string name;
  std::string input = "input";
  std::string output = "logits";
  std::vector<Node> nodes;
  std::map<std::string, Tensor> tensors;
  /// The names of the tensors in the order in which the maker listed them (PyTorch's parameter order for the zoo).
  std::vector<std::string> tensor_order;
  /// Shape and normalisation of the input, where the file or the builder says it. ONNX metadata keys:
  /// niwaki.channels, niwaki.height, niwaki.width, niwaki.mean, niwaki.deviation (comma-separated).
  std::optional<Preprocessing> preprocessing;
  /// One name a logit, where known. ONNX metadata key niwaki.classes (a JSON array of strings).
  std::vector<std::string> classes;
  /// All other ONNX metadata, kept as it came.
  std::map<std::string, std::string> metadata;

  [[nodiscard]] const Tensor& tensor(const std::string& name) const;  // NIWAKI_CHECKs that it is there
  [[nodiscard]] Tensor& tensor(const std::string& name);
  void add_tensor(const std::string& name, Tensor tensor);  // at the end of tensor_order
  /// The node that makes this value, or nullptr for the graph's input.
  [[nodiscard]] const Node* producer(const std::string& value) const;
};

/// How often nodes read each value and each tensor; the output counts as read once more.
std::map<std::string, std::size_t> use_counts(const Graph& graph);

using Shape = std::vector<std::int64_t>;
/// The shape of every value (by name) for this input shape [batch, channels, height, width]. Throws InputError naming
/// the node where shapes do not fit.
std::map<std::string, Shape> infer_shapes(const Graph& graph, const Shape& input);

/// The shape of one node's output, from those of its inputs.
Shape infer_shape(const Graph& graph, const Node& node, const std::map<std::string, Shape>& shapes);

/// Throws InputError naming the node: an input that nothing makes, a value made twice, a tensor of the wrong rank,
/// nodes out of order, an output that is not [batch, classes].
void check(const Graph& graph);

/// How many channels the network's input has: what the preprocessing says, else what the first convolution wants; 0
/// where neither tells.
std::size_t input_channels(const Graph& graph);

/// How many logits the network gives.
std::size_t class_count(const Graph& graph);

/// Trainable values: convolution and linear weights and biases, and the scale and bias of normalisations.
std::size_t parameter_count(const Graph& graph);

/// Weights that pruning may take: of every convolution and linear node, the first and the last among them, each tensor
/// once, in node order. Never biases or normalisations.
struct PrunableLayer {
  std::string node;    // node name
  std::string op;      // "Conv" or "Gemm"
  std::string tensor;  // weight's name in Graph::tensors
};
std::vector<PrunableLayer> prunable_layers(const Graph& graph);

}  // namespace niwaki
