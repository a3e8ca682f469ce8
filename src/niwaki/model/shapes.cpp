#include "niwaki/core/error.hpp"
#include "niwaki/model/graph.hpp"

namespace niwaki {
namespace {

[[noreturn]] void refuse(const Node& node, const std::string& problem) {
  throw InputError(problem, fmt::format("node '{}' ({})", node.name, operator_name(node.operation)),
                   "check the size of the input that the network was made for");
}

/// The shape of one node's output from those of its inputs.
class NodeShape {
 public:
  NodeShape(const Graph& graph, const Node& node, const std::map<std::string, Shape>& shapes)
      : graph_(graph), node_(node), shapes_(shapes) {}

  Shape operator()(const Convolution& convolution) const {
    const Shape& x = image(0);
    const Shape& weight = graph_.tensor(node_.inputs[1]).shape;
    if (convolution.groups < 1 || weight[1] * convolution.groups != x[1] || weight[0] % convolution.groups != 0) {
      refuse(node_, fmt::format("{} channels come in where {} x {} are wanted", x[1], weight[1], convolution.groups));
    }
    Shape out = {x[0], weight[0], 0, 0};
    for (std::size_t axis = 0; axis < 2; ++axis) {
      const std::int64_t reach = convolution.dilations[axis] * (weight[2 + axis] - 1) + 1;
      out[2 + axis] = windows(x[2 + axis] + convolution.pads[axis] + convolution.pads[axis + 2], reach,
                              convolution.strides[axis], false);
    }
    return out;
  }
  Shape operator()(const BatchNormalization&) const {
    const Shape& x = image(0);
    if (graph_.tensor(node_.inputs[1]).shape[0] != x[1]) {
      refuse(node_, fmt::format("{} channels come in", x[1]));
    }
    return x;
  }
  Shape operator()(const Relu&) const { return input(0); }
  Shape operator()(const Clip&) const { return input(0); }
  Shape operator()(const Sigmoid&) const { return input(0); }
  Shape operator()(const HardSigmoid&) const { return input(0); }
  Shape operator()(const HardSwish&) const { return input(0); }
  Shape operator()(const Add&) const {
    if (input(0) != input(1)) {
      refuse(node_, "its two inputs differ in shape");
    }
    return input(0);
  }
  Shape operator()(const Multiply&) const {
    const Shape& a = input(0);
    const Shape& b = input(1);
    const bool per_channel = a.size() == 4 && b == Shape{a[0], a[1], 1, 1};
    if (a != b && !per_channel) {
      refuse(node_, "its two inputs do not fit");
    }
    return a;
  }
  Shape operator()(const Concatenate&) const {
    Shape out = image(0);
    for (std::size_t i = 1; i < node_.inputs.size(); ++i) {
      const Shape& next = image(i);
      if (next[0] != out[0] || next[2] != out[2] || next[3] != out[3]) {
        refuse(node_, "its inputs differ in height or width");
      }
      if (__builtin_add_overflow(out[1], next[1], &out[1])) {
        refuse(node_, "it joins too many channels");
      }
    }
    return out;
  }
  Shape operator()(const Pad& pad) const {
    Shape out = image(0);
    for (std::size_t axis = 0; axis < 2; ++axis) {
      out[2 + axis] += pad.pads[axis] + pad.pads[axis + 2];
    }
    return out;
  }
  Shape operator()(const MaxPool& pool) const { return pooled(pool.kernel, pool.strides, pool.pads, pool.ceil_mode); }
  Shape operator()(const AveragePool& pool) const {
    return pooled(pool.kernel, pool.strides, pool.pads, pool.ceil_mode);
  }
  Shape operator()(const GlobalAveragePool&) const {
    const Shape& x = image(0);
    return {x[0], x[1], 1, 1};
  }
  Shape operator()(const Flatten&) const {
    const Shape& x = input(0);
    std::int64_t features = 1;
    for (std::size_t axis = 1; axis < x.size(); ++axis) {
      features *= x[axis];
    }
    return {x[0], features};
  }
  Shape operator()(const Linear&) const {
    const Shape& x = input(0);
    const Shape& weight = graph_.tensor(node_.inputs[1]).shape;
    if (x.size() != 2 || x[1] != weight[1]) {
      refuse(node_, fmt::format("{} features come in where {} are wanted", x.empty() ? 0 : x.back(), weight[1]));
    }
    return {x[0], weight[0]};
  }

 private:
  [[nodiscard]] const Shape& input(std::size_t i) const { return shapes_.at(node_.inputs[i]); }
  [[nodiscard]] const Shape& image(std::size_t i) const {
    const Shape& shape = input(i);
    if (shape.size() != 4) {
      refuse(node_, fmt::format("an image of 4 dimensions is wanted where {} come in", shape.size()));
    }
    return shape;
  }
  [[nodiscard]] std::int64_t windows(std::int64_t length, std::int64_t reach, std::int64_t stride,
                                     bool ceil_mode) const {
    if (stride < 1 || reach < 1 || length < reach) {
      refuse(node_, fmt::format("a window of {} does not fit into {}", reach, length));
    }
    const std::int64_t steps = length - reach;
    return (ceil_mode ? (steps + stride - 1) / stride : steps / stride) + 1;
  }
  [[nodiscard]] Shape pooled(const std::array<std::int64_t, 2>& kernel, const std::array<std::int64_t, 2>& strides,
                             const std::array<std::int64_t, 4>& pads, bool ceil_mode) const {
    const Shape& x = image(0);
    Shape out = {x[0], x[1], 0, 0};
    for (std::size_t axis = 0; axis < 2; ++axis) {
      std::int64_t count = windows(x[2 + axis] + pads[axis] + pads[axis + 2], kernel[axis], strides[axis], ceil_mode);
      // As PyTorch and ONNX have it, a window may not begin in the padding at the end.
      if (ceil_mode && (count - 1) * strides[axis] >= x[2 + axis] + pads[axis]) {
        --count;
      }
      out[2 + axis] = count;
    }
    return out;
  }

  const Graph& graph_;
  const Node& node_;
  const std::map<std::string, Shape>& shapes_;
};

/// Far beyond any network, and far from where sizes overflow.
constexpr std::int64_t kMostValues = std::int64_t{1} << 40;

void check_size(const Node& node, const Shape& shape) {
  std::int64_t values = 1;
  for (const std::int64_t length : shape) {
    if (length < 1 || length > kMostValues || __builtin_mul_overflow(values, length, &values) || values > kMostValues) {
      refuse(node, "its output has too many values");
    }
  }
}

}  // namespace

Shape infer_shape(const Graph& graph, const Node& node, const std::map<std::string, Shape>& shapes) {
  Shape shape = std::visit(NodeShape(graph, node, shapes), node.operation);
  check_size(node, shape);
  return shape;
}

std::map<std::string, Shape> infer_shapes(const Graph& graph, const Shape& input) {
  NIWAKI_CHECK(input.size() == 4, "an input of {} dimensions", input.size());
  std::map<std::string, Shape> shapes = {{graph.input, input}};
  for (const Node& node : graph.nodes) {
    shapes[node.output] = infer_shape(graph, node, shapes);
  }
  return shapes;
}

}  // namespace niwaki
