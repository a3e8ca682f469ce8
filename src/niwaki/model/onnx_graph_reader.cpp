#include "niwaki/model/onnx_graph_reader.hpp"

#include <algorithm>
#include <limits>
#include <list>
#include <set>

#include <onnx/onnx_pb.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/model/onnx_node.hpp"
#include "niwaki/model/onnx_tensor.hpp"

namespace niwaki {
namespace {

class OnnxGraphReader {
 public:
  OnnxGraphReader(const onnx::GraphProto& proto, std::int64_t opset, const std::string& file)
      : proto_(proto), opset_(opset), file_(file) {}

  Graph read() {
    read_ends();
    for (const onnx::TensorProto& tensor : proto_.initializer()) {
      if (!constants_.emplace(tensor.name(), &tensor).second) {
        throw InputError(fmt::format("the weight '{}' is there twice", tensor.name()), file_,
                         "export the network again");
      }
      order_.push_back(tensor.name());
    }
    std::size_t position = 0;
    for (const onnx::NodeProto& node : proto_.node()) {
      read_node(node, position++);
    }
    finish();
    return std::move(graph_);
  }

 private:
  using Handler = void (OnnxGraphReader::*)(const OnnxNode&);
  static const std::map<std::string, Handler>& handlers() {
    static const std::map<std::string, Handler> all = {
        {"Add", &OnnxGraphReader::read_add},
        {"AveragePool", &OnnxGraphReader::read_average_pool},
        {"BatchNormalization", &OnnxGraphReader::read_batch_normalization},
        {"Clip", &OnnxGraphReader::read_clip},
        {"Concat", &OnnxGraphReader::read_concat},
        {"Constant", &OnnxGraphReader::read_constant},
        {"Conv", &OnnxGraphReader::read_conv},
        {"Dropout", &OnnxGraphReader::read_pass_through},
        {"Flatten", &OnnxGraphReader::read_flatten},
        {"Gemm", &OnnxGraphReader::read_gemm},
        {"GlobalAveragePool", &OnnxGraphReader::read_global_average_pool},
        {"HardSigmoid", &OnnxGraphReader::read_hard_sigmoid},
        {"HardSwish", &OnnxGraphReader::read_hard_swish},
        {"Identity", &OnnxGraphReader::read_pass_through},
        {"MatMul", &OnnxGraphReader::read_matmul},
        {"MaxPool", &OnnxGraphReader::read_max_pool},
        {"Mul", &OnnxGraphReader::read_mul},
        {"Pad", &OnnxGraphReader::read_pad},
        {"ReduceMean", &OnnxGraphReader::read_reduce_mean},
        {"Relu", &OnnxGraphReader::read_relu},
        {"Reshape", &OnnxGraphReader::read_reshape},
        {"Sigmoid", &OnnxGraphReader::read_sigmoid},
    };
    return all;
  }

  void read_ends() {
    std::set<std::string> weights;
    for (const onnx::TensorProto& tensor : proto_.initializer()) {
      weights.insert(tensor.name());
    }
    std::vector<std::string> inputs;
    for (const onnx::ValueInfoProto& input : proto_.input()) {
      if (!weights.contains(input.name())) {  // older files list their weights as inputs too
        inputs.push_back(input.name());
      }
    }
    if (inputs.size() != 1 || proto_.output_size() != 1) {
      throw InputError(fmt::format("the network has {} inputs and {} outputs", inputs.size(), proto_.output_size()),
                       file_, "export it with one input (images) and one output (logits)");
    }
    graph_.name = proto_.name();
    graph_.input = inputs[0];
    graph_.output = proto_.output(0).name();
    values_.insert(graph_.input);
  }

  void read_node(const onnx::NodeProto& proto, std::size_t position) {
    const OnnxNode node(proto, position, file_);
    const auto found = handlers().find(node.op());
    if (found == handlers().end() || !(proto.domain().empty() || proto.domain() == "ai.onnx")) {
      std::vector<std::string> held;
      for (const auto& [name, handler] : handlers()) {
        held.push_back(name);
      }
      throw InputError(fmt::format("the operator '{}' is not held", proto.op_type()), node.where(),
                       fmt::format("export the network without it; held are {}", joined(held, ", ")));
    }
    const std::string& output = node.output();
    if (values_.contains(output) || constants_.contains(output) || aliases_.contains(output)) {
      node.refuse(fmt::format("the value '{}' is made twice", output));
    }
    if (node.output_count() > 1) {
      node.refuse("a second output is not held");
    }
    (this->*found->second)(node);
  }

  // What inputs are.

  [[nodiscard]] std::string resolved(const std::string& name) const {
    const auto found = aliases_.find(name);
    return found == aliases_.end() ? name : found->second;
  }
  [[nodiscard]] bool is_constant(const OnnxNode& node, std::size_t i) const {
    return constants_.contains(resolved(node.input(i)));
  }

  /// A value made by a node before this one.
  [[nodiscard]] std::string value(const OnnxNode& node, std::size_t i) const {
    std::string name = resolved(node.input(i));
    if (!values_.contains(name)) {
      if (constants_.contains(name)) {
        node.refuse(fmt::format("its input '{}' is a constant where a computed value is wanted", name));
      }
      node.refuse(
          name.empty()
              ? "an input is missing"
              : fmt::format("nothing before it makes its input '{}' (missing, out of order, or a cycle)", name));
    }
    return name;
  }

  [[nodiscard]] const onnx::TensorProto& constant(const OnnxNode& node, std::size_t i) const {
    const auto found = constants_.find(resolved(node.input(i)));
    if (found == constants_.end()) {
      node.refuse(node.input(i).empty() ? "a weight is missing"
                                        : fmt::format("its input '{}' is not a weight in the file", node.input(i)));
    }
    return *found->second;
  }

  /// The name of a float tensor, read into the graph the first time that it is asked for.
  std::string tensor(const OnnxNode& node, std::size_t i) {
    const onnx::TensorProto& proto = constant(node, i);
    std::string name = resolved(node.input(i));
    if (!graph_.tensors.contains(name)) {
      graph_.tensors.emplace(name, read_float_tensor(proto, fmt::format("{}, weight '{}'", node.where(), name)));
    }
    return name;
  }

  std::vector<std::int64_t> integers(const OnnxNode& node, std::size_t i) const {
    return read_integer_tensor(constant(node, i), node.where());
  }

  void add(const OnnxNode& node, const Operation& operation, std::vector<std::string> inputs) {
    graph_.nodes.push_back({unique_name(node.name()), operation, std::move(inputs), node.output()});
    values_.insert(node.output());
  }

  std::string unique_name(const std::string& name) {
    std::string unique = name;
    for (int number = 2; !names_.insert(unique).second; ++number) {
      unique = fmt::format("{}_{}", name, number);
    }
    return unique;
  }

  // One function an operator.

  void read_conv(const OnnxNode& node) {
    node.allow_only({"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"});
    Convolution operation{.strides = node.pair("strides", {1, 1}),
                          .pads = node.pads(),
                          .dilations = node.pair("dilations", {1, 1}),
                          .groups = node.integer("group", 1)};
    std::vector<std::string> inputs = {value(node, 0), tensor(node, 1)};
    const Shape& weight = graph_.tensor(inputs[1]).shape;
    if (weight.size() != 4) {
      node.refuse(fmt::format("a convolution of {} dimensions", weight.size()));
    }
    if (node.pair("kernel_shape", {weight[2], weight[3]}) != std::array<std::int64_t, 2>{weight[2], weight[3]}) {
      node.refuse("kernel_shape differs from the weight's");
    }
    if (operation.groups < 1 || operation.groups > weight[0]) {
      node.refuse(fmt::format("{} groups", operation.groups));
    }
    if (!node.input(2).empty()) {
      inputs.push_back(tensor(node, 2));
    }
    add(node, operation, std::move(inputs));
  }

  void read_batch_normalization(const OnnxNode& node) {
    node.allow_only({"epsilon", "momentum", "training_mode", "spatial"});
    if (node.integer("training_mode", 0) != 0) {
      node.refuse("the network was exported in training mode");
    }
    add(node, BatchNormalization{.epsilon = node.number("epsilon", 1e-5F)},
        {value(node, 0), tensor(node, 1), tensor(node, 2), tensor(node, 3), tensor(node, 4)});
  }

  void read_relu(const OnnxNode& node) { add(node, Relu{}, {value(node, 0)}); }
  void read_sigmoid(const OnnxNode& node) { add(node, Sigmoid{}, {value(node, 0)}); }

  void read_hard_swish(const OnnxNode& node) { add(node, HardSwish{}, {value(node, 0)}); }
  void read_hard_sigmoid(const OnnxNode& node) {
    node.allow_only({"alpha", "beta"});
    add(node, HardSigmoid{.alpha = node.number("alpha", 0.2F), .beta = node.number("beta", 0.5F)}, {value(node, 0)});
  }

  void read_pad(const OnnxNode& node) {
    node.allow_only({"mode"});
    if (node.text("mode", "constant") != "constant") {
      node.refuse(fmt::format("padding by mode {} is not held", node.text("mode", "")));
    }
    const std::vector<std::int64_t> pads = integers(node, 1);
    if (pads.size() != 8 || pads[0] != 0 || pads[1] != 0 || pads[4] != 0 || pads[5] != 0) {
      node.refuse("padding is held of height and width alone");
    }
    Pad pad{.pads = {pads[2], pads[3], pads[6], pads[7]}, .value = node.input(2).empty() ? 0 : scalar(node, 2)};
    if (std::any_of(pad.pads.begin(), pad.pads.end(), [](std::int64_t size) { return size < 0 || size > 1'000'000; })) {
      node.refuse("a padding is not 0 to 1 million");
    }
    add(node, pad, {value(node, 0)});
  }

  void read_clip(const OnnxNode& node) {
    node.allow_only({});
    Clip clip{.low = -std::numeric_limits<float>::max(), .high = std::numeric_limits<float>::max()};
    if (!node.input(1).empty()) {
      clip.low = scalar(node, 1);
    }
    if (!node.input(2).empty()) {
      clip.high = scalar(node, 2);
    }
    add(node, clip, {value(node, 0)});
  }

  float scalar(const OnnxNode& node, std::size_t i) const {
    const Tensor bound = read_float_tensor(constant(node, i), node.where());
    if (bound.size() != 1) {
      node.refuse("a bound is not one number");
    }
    return bound.values[0];
  }

  void read_add(const OnnxNode& node) {
    if (is_constant(node, 0) || is_constant(node, 1)) {
      add_bias(node, is_constant(node, 0) ? 1 : 0, is_constant(node, 0) ? 0 : 1);
      return;
    }
    add(node, Add{}, {value(node, 0), value(node, 1)});
  }

  /// MatMul, then Add of a vector, is one linear layer.
  void add_bias(const OnnxNode& node, std::size_t computed, std::size_t bias) {
    const std::string from = value(node, computed);
    const auto product = std::find_if(graph_.nodes.begin(), graph_.nodes.end(),
                                      [&](const Node& candidate) { return candidate.output == from; });
    const bool linear = product != graph_.nodes.end() && std::holds_alternative<Linear>(product->operation) &&
                        product->inputs.size() == 2;
    if (!linear || uses(node.input(computed)) != 1) {
      node.refuse("adding a constant is held only after a MatMul");
    }
    product->inputs.push_back(tensor(node, bias));
    product->output = node.output();
    values_.insert(node.output());
    values_.erase(from);
  }

  [[nodiscard]] std::ptrdiff_t uses(const std::string& name) const {
    std::ptrdiff_t count = std::count_if(proto_.output().begin(), proto_.output().end(),
                                         [&](const auto& output) { return output.name() == name; });
    for (const onnx::NodeProto& node : proto_.node()) {
      count += std::count(node.input().begin(), node.input().end(), name);
    }
    return count;
  }

  void read_mul(const OnnxNode& node) { add(node, Multiply{}, {value(node, 0), value(node, 1)}); }

  void read_concat(const OnnxNode& node) {
    node.allow_only({"axis"});
    if (node.integer("axis", 1) != 1) {
      node.refuse("joining along another axis than channels is not held");
    }
    std::vector<std::string> inputs;
    for (std::size_t i = 0; i < node.input_count(); ++i) {
      inputs.push_back(value(node, i));
    }
    add(node, Concatenate{}, std::move(inputs));
  }

  template <typename Pool>
  Pool pool(const OnnxNode& node) const {
    if (node.integers("kernel_shape").size() != 2) {
      node.refuse("a pool without a kernel_shape of two lengths");
    }
    Pool result;
    result.kernel = node.pair("kernel_shape", {1, 1});
    result.strides = node.pair("strides", {1, 1});
    result.pads = node.pads();
    result.ceil_mode = node.integer("ceil_mode", 0) != 0;
    return result;
  }

  void read_max_pool(const OnnxNode& node) {
    node.allow_only({"auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides"});
    if (node.pair("dilations", {1, 1}) != std::array<std::int64_t, 2>{1, 1}) {
      node.refuse("a pool with dilations is not held");
    }
    add(node, pool<MaxPool>(node), {value(node, 0)});
  }

  void read_average_pool(const OnnxNode& node) {
    node.allow_only({"auto_pad", "ceil_mode", "count_include_pad", "kernel_shape", "pads", "strides"});
    AveragePool operation = pool<AveragePool>(node);
    operation.count_include_pad = node.integer("count_include_pad", 0) != 0;
    add(node, operation, {value(node, 0)});
  }

  void read_global_average_pool(const OnnxNode& node) { add(node, GlobalAveragePool{}, {value(node, 0)}); }

  void read_reduce_mean(const OnnxNode& node) {
    node.allow_only({"axes", "keepdims"});
    std::vector<std::int64_t> axes = opset_ < 18 ? node.integers("axes") : integers(node, 1);
    for (std::int64_t& axis : axes) {
      axis += axis < 0 ? 4 : 0;
    }
    std::sort(axes.begin(), axes.end());
    if (axes != std::vector<std::int64_t>{2, 3}) {
      node.refuse("a mean over other axes than height and width is not held");
    }
    if (node.integer("keepdims", 1) != 0) {
      add(node, GlobalAveragePool{}, {value(node, 0)});
      return;
    }
    const std::string pooled = node.output() + ".pooled";
    if (values_.contains(pooled) || constants_.contains(pooled)) {
      node.refuse(fmt::format("the value '{}' is there already", pooled));
    }
    graph_.nodes.push_back({unique_name(node.name() + ".pool"), GlobalAveragePool{}, {value(node, 0)}, pooled});
    values_.insert(pooled);
    add(node, Flatten{}, {pooled});
  }

  void read_flatten(const OnnxNode& node) {
    node.allow_only({"axis"});
    if (node.integer("axis", 1) != 1) {
      node.refuse("flattening from another axis than 1 is not held");
    }
    add(node, Flatten{}, {value(node, 0)});
  }

  void read_reshape(const OnnxNode& node) {
    node.allow_only({"allowzero"});
    const std::vector<std::int64_t> shape = integers(node, 1);
    if (shape.size() != 2 || (shape[0] > 0 && shape[1] > 0 && shape[0] != 1)) {
      node.refuse("a Reshape to another shape than [batch, everything else] is not held");
    }
    add(node, Flatten{}, {value(node, 0)});
  }

  void read_gemm(const OnnxNode& node) {
    node.allow_only({"alpha", "beta", "transA", "transB"});
    if (node.integer("transA", 0) != 0) {
      node.refuse("a Gemm with transA is not held");
    }
    std::vector<std::string> inputs = {value(node, 0),
                                       linear_weight(node, node.integer("transB", 0) == 0, node.number("alpha", 1))};
    if (!node.input(2).empty()) {
      inputs.push_back(scaled(tensor(node, 2), node.number("beta", 1), "beta"));
    }
    add(node, Linear{}, std::move(inputs));
  }

  void read_matmul(const OnnxNode& node) { add(node, Linear{}, {value(node, 0), linear_weight(node, true, 1)}); }

  /// A weight as [out, in], times alpha.
  std::string linear_weight(const OnnxNode& node, bool transposed, float alpha) {
    const std::string name = tensor(node, 1);
    if (graph_.tensor(name).shape.size() != 2) {
      node.refuse("its weight is not a matrix");
    }
    return scaled(transposed ? transpose(name) : name, alpha, "alpha");
  }

  std::string transpose(const std::string& name) {
    const Tensor& tensor = graph_.tensor(name);
    const std::int64_t rows = tensor.shape[0];
    const std::int64_t columns = tensor.shape[1];
    Tensor result{{columns, rows}, std::vector<float>(tensor.values.size())};
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::int64_t column = 0; column < columns; ++column) {
        result.values[static_cast<std::size_t>(column * rows + row)] =
            tensor.values[static_cast<std::size_t>(row * columns + column)];
      }
    }
    return derived(name, "transposed", std::move(result));
  }

  std::string scaled(const std::string& name, float factor, const char* what) {
    if (factor == 1) {
      return name;
    }
    Tensor result = graph_.tensor(name);
    for (float& number : result.values) {
      number *= factor;
    }
    return derived(name, what, std::move(result));
  }

  /// A tensor made from another, under a name of its own: the other may be shared.
  std::string derived(const std::string& name, const char* how, Tensor tensor) {
    std::string fresh = fmt::format("{}.{}", name, how);
    while (constants_.contains(fresh) || graph_.tensors.contains(fresh)) {
      fresh += "_";
    }
    graph_.tensors.emplace(fresh, std::move(tensor));
    order_.push_back(fresh);
    return fresh;
  }

  void read_constant(const OnnxNode& node) {
    const onnx::AttributeProto* attribute = node.find("value");
    if (attribute == nullptr || !attribute->has_t()) {
      const onnx::AttributeProto* single = node.find("value_float");
      if (single == nullptr) {
        node.refuse("a Constant that is not a tensor is not held");
      }
      onnx::TensorProto& made = made_.emplace_back();
      made.set_data_type(onnx::TensorProto::FLOAT);
      made.add_float_data(single->f());
      constants_.emplace(node.output(), &made);
    } else {
      constants_.emplace(node.output(), &attribute->t());
    }
    order_.push_back(node.output());
  }

  /// Identity and (outside of training) Dropout: their output is another name of their input.
  void read_pass_through(const OnnxNode& node) {
    const std::string name = resolved(node.input(0));
    const auto weight = constants_.find(name);
    if (weight == constants_.end()) {
      aliases_.emplace(node.output(), value(node, 0));
      return;
    }
    // PyTorch writes weights of equal values once and the others as Identity of it; they are weights of their own.
    constants_.emplace(node.output(), weight->second);
    order_.push_back(node.output());
  }

  void finish() {
    graph_.output = resolved(graph_.output);
    std::set<std::string> used;
    for (const Node& node : graph_.nodes) {
      used.insert(node.inputs.begin(), node.inputs.end());
    }
    std::erase_if(graph_.tensors, [&](const auto& entry) { return !used.contains(entry.first); });
    for (const std::string& name : order_) {
      if (graph_.tensors.contains(name)) {
        graph_.tensor_order.push_back(name);
      }
    }
  }

  const onnx::GraphProto& proto_;
  std::int64_t opset_;
  const std::string& file_;
  Graph graph_;
  std::map<std::string, const onnx::TensorProto*> constants_;  // weights and Constants by name
  std::vector<std::string> order_;                             // their names in the file's order
  std::list<onnx::TensorProto> made_;                          // Constants that are no tensor in the file
  std::map<std::string, std::string> aliases_;                 // another name -> the value or constant
  std::set<std::string> values_;                               // computed so far, the input among them
  std::set<std::string> names_;                                // of nodes
};

}  // namespace

Graph read_onnx_graph(const onnx::GraphProto& proto, std::int64_t opset, const std::string& file) {
  return OnnxGraphReader(proto, opset, file).read();
}

}  // namespace niwaki
