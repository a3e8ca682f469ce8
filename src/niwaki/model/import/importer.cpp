#include "niwaki/model/import/importer.hpp"

#include <algorithm>
#include <cmath>

#include <onnx/onnx_pb.h>

#include "niwaki/core/error.hpp"
#include "niwaki/model/import/pending.hpp"

namespace niwaki::onnx_import {
namespace {

constexpr std::int64_t kLongestSide = 100'000;  // of a declared input, pixels

/// Their output is another name of their input, so that a use of it is a use of the input.
bool passes_through(const onnx::NodeProto& node) {
  return (node.op_type() == "Identity" || node.op_type() == "Dropout") && node.input_size() > 0 &&
         node.output_size() > 0;
}

bool gives_pooled(const Operation& operation, const Graph& graph, const std::vector<std::string>& inputs, bool pooled) {
  if (std::holds_alternative<GlobalAveragePool>(operation)) {
    return true;
  }
  if (const auto* convolution = std::get_if<Convolution>(&operation)) {
    const Shape& weight = graph.tensor(inputs[1]).shape;
    return pooled && weight[2] == 1 && weight[3] == 1 && convolution->pads == std::array<std::int64_t, 4>{0, 0, 0, 0};
  }
  return pooled && !std::holds_alternative<MaxPool>(operation) && !std::holds_alternative<AveragePool>(operation) &&
         !std::holds_alternative<Pad>(operation) && !std::holds_alternative<Flatten>(operation);
}

}  // namespace

Importer::Importer(OnnxFileContent& content, std::int64_t opset, const std::string& file) : opset_(opset), file_(file) {
  onnx::GraphProto& proto = *content.model.mutable_graph();
  for (std::size_t i = 0; i < content.weights.size(); ++i) {
    onnx::TensorProto& tensor = *proto.mutable_initializer(static_cast<int>(i));
    if (!names_.insert(tensor.name()).second) {
      throw InputError(fmt::format("the weight '{}' is there twice", printable(tensor.name())), file_,
                       "export the network again");
    }
    if (content.weights[i].empty()) {
      constants_.add(tensor.name(), tensor);
    } else {
      constants_.add(tensor.name(),
                     Tensor{{tensor.dims().begin(), tensor.dims().end()}, std::move(content.weights[i])});
    }
  }
  read_ends(proto);
  count_uses(proto);
}

void Importer::read_ends(const onnx::GraphProto& proto) {
  std::vector<const onnx::ValueInfoProto*> inputs;
  for (const onnx::ValueInfoProto& input : proto.input()) {
    if (!constants_.contains(input.name())) {  // older files list their weights as inputs too
      inputs.push_back(&input);
    }
  }
  if (inputs.size() != 1 || proto.output_size() != 1) {
    throw InputError(fmt::format("the network has {} inputs and {} outputs", inputs.size(), proto.output_size()), file_,
                     "export it with one input (images) and one output (logits)");
  }
  graph_.name = proto.name();
  graph_.input = inputs[0]->name();
  graph_.output = proto.output(0).name();
  names_.insert(graph_.input);
  Value image{.name = graph_.input};
  const auto& shape = inputs[0]->type().tensor_type().shape();
  if (shape.dim_size() != 0 && shape.dim_size() != 4) {
    throw InputError(fmt::format("the network's input has {} dimensions", shape.dim_size()), file_,
                     "give a network that takes pictures, [batch, channels, height, width]");
  }
  if (shape.dim_size() == 4) {
    for (const auto& length : shape.dim()) {
      if (length.dim_value() > kLongestSide) {
        throw InputError(fmt::format("the network's input has a length of {}", length.dim_value()), file_,
                         "export it again for the pictures that you have");
      }
    }
    const bool known = std::all_of(shape.dim().begin() + 1, shape.dim().end(),
                                   [](const auto& length) { return length.dim_value() > 0; });
    batch_ = std::max<std::int64_t>(0, shape.dim(0).dim_value());
    image.channels = std::max<std::int64_t>(0, shape.dim(1).dim_value());
    if (known) {
      shapes_[graph_.input] = {1, shape.dim(1).dim_value(), shape.dim(2).dim_value(), shape.dim(3).dim_value()};
    }
  }
  values_.emplace(graph_.input, image);
  known_.emplace(graph_.input, image);
}

void Importer::count_uses(const onnx::GraphProto& proto) {
  const auto root_of = [&](const std::string& name) {
    const auto found = roots_.find(name);
    return found == roots_.end() ? name : found->second;
  };
  for (const onnx::NodeProto& node : proto.node()) {
    names_.insert(node.output().begin(), node.output().end());
    if (passes_through(node)) {
      roots_.emplace(node.output(0), root_of(node.input(0)));
    } else if (node.op_type() != "Shape") {
      for (const std::string& input : node.input()) {
        ++uses_[root_of(input)];
      }
    }
  }
  ++uses_[root_of(graph_.output)];
}

std::string Importer::root(const std::string& name) const {
  const auto found = aliases_.find(name);
  return found == aliases_.end() ? name : found->second;
}

std::size_t Importer::uses(const std::string& name) const {
  const auto first = roots_.find(name);
  const auto found = uses_.find(first == roots_.end() ? name : first->second);
  return found == uses_.end() ? 0 : found->second;
}

bool Importer::is_constant(const OnnxNode& node, std::size_t i) const {
  return constants_.contains(node.input(i));
}

bool Importer::is_integers(const OnnxNode& node, std::size_t i) const {
  const std::string name = node.input(i);
  return integers_.contains(name) || (constants_.contains(name) && constants_.is_integers(name));
}

Value& Importer::value(const OnnxNode& node, std::size_t i) {
  const std::string name = node.input(i);
  const auto found = values_.find(root(name));
  if (found != values_.end()) {
    return found->second;
  }
  if (name.empty()) {
    node.refuse("an input is missing");
  }
  if (constants_.contains(name) || integers_.contains(name)) {
    node.refuse(
        fmt::format("its input '{}' is a constant or a shape where a computed value is wanted", printable(name)));
  }
  node.refuse(
      fmt::format("nothing before it makes its input '{}' (missing, out of order, or a cycle)", printable(name)));
}

std::string Importer::plain(const OnnxNode& node, std::size_t i) {
  Value& taken = value(node, i);
  materialise(*this, node, taken);
  return taken.name;
}

const Tensor& Importer::floats(const OnnxNode& node, std::size_t i) {
  const std::string name = node.input(i);
  if (name.empty()) {
    node.refuse("a weight is missing");
  }
  if (!constants_.contains(name)) {
    node.refuse(fmt::format("its input '{}' is not a weight in the file", printable(name)));
  }
  return constants_.floats(name, fmt::format("{}, weight '{}'", node.where(), printable(name)));
}

std::string Importer::weight(const OnnxNode& node, std::size_t i) {
  floats(node, i);
  const std::string name = node.input(i);
  return constants_.into_graph(name, fmt::format("{}, weight '{}'", node.where(), printable(name)));
}

float Importer::scalar(const OnnxNode& node, std::size_t i) {
  const Tensor& tensor = floats(node, i);
  if (tensor.size() != 1 || std::isnan(tensor.values[0])) {
    node.refuse(fmt::format("its input '{}' is not one number", printable(node.input(i))));
  }
  return tensor.values[0];
}

IntegerArray Importer::integers(const OnnxNode& node, std::size_t i) {
  const std::string name = node.input(i);
  if (const auto found = integers_.find(name); found != integers_.end()) {
    return found->second;
  }
  if (!constants_.contains(name)) {
    node.refuse(fmt::format("its input '{}' is not a constant, nor computed from a shape", printable(name)));
  }
  IntegerArray array{.shape = constants_.shape(name, node.where()), .values = {}};
  for (const std::int64_t number : constants_.integers(name, node.where())) {
    array.values.push_back(Dimension::of(number));
  }
  return array;
}

bool Importer::is_true(const OnnxNode& node, std::size_t i) {
  const std::string name = node.input(i);
  if (!constants_.contains(name)) {
    node.refuse(fmt::format("its input '{}' is not a constant", printable(name)));
  }
  return constants_.is_true(name);
}

std::vector<std::int64_t> Importer::numbers(const OnnxNode& node, std::size_t i) {
  std::vector<std::int64_t> numbers;
  for (const Dimension& dimension : integers(node, i).values) {
    if (dimension.kind != Dimension::Kind::kNumber) {
      node.refuse(fmt::format("its input '{}' depends on the size of the pictures", printable(node.input(i))));
    }
    numbers.push_back(dimension.number);
  }
  return numbers;
}

void Importer::claim(const OnnxNode& node) {
  const std::string& output = node.output();
  if (values_.contains(output) || constants_.contains(output) || integers_.contains(output) ||
      aliases_.contains(output)) {
    node.refuse(fmt::format("the value '{}' is made twice", printable(output)));
  }
}

void Importer::add(const OnnxNode& node, const Operation& operation, std::vector<std::string> inputs) {
  claim(node);
  add(node.name(), operation, std::move(inputs), node.output());
  values_.emplace(node.output(), known_.at(node.output()));
}

std::string Importer::add(const std::string& name, const Operation& operation, std::vector<std::string> inputs,
                          const std::string& output) {
  graph_.nodes.push_back({unique(node_numbers_, node_names_, name, "_"), operation, std::move(inputs), output});
  const Node& added = graph_.nodes.back();
  known_.emplace(output, described(added));
  infer_declared_shape(added);
  return output;
}

void Importer::infer_declared_shape(const Node& node) {
  if (!shapes_.contains(node.inputs[0])) {
    return;
  }
  try {
    shapes_[node.output] = infer_shape(graph_, node, shapes_);
  } catch (const InputError& error) {
    throw InputError(error.problem(), fmt::format("{}, {}", file_, error.where()), error.what_to_do());
  }
}

void Importer::describe_again(const Node& node) {
  known_.insert_or_assign(node.output, described(node));
  infer_declared_shape(node);
}

Value Importer::described(const Node& node) const {
  const Value& first = known_.at(node.inputs[0]);
  Value result{.name = node.output, .rank = first.rank, .channels = first.channels};
  const bool layer =
      std::holds_alternative<Convolution>(node.operation) || std::holds_alternative<Linear>(node.operation);
  if (layer) {
    result.channels = graph_.tensor(node.inputs[1]).shape[0];
  }
  if (std::holds_alternative<Flatten>(node.operation) || std::holds_alternative<Linear>(node.operation)) {
    result.rank = 2;
    result.channels = std::holds_alternative<Flatten>(node.operation) && !first.pooled ? 0 : result.channels;
  }
  bool pooled = first.pooled;
  if (std::holds_alternative<Concatenate>(node.operation)) {
    result.channels = 0;
    for (const std::string& part : node.inputs) {
      result.channels += known_.at(part).channels;
      pooled = pooled && known_.at(part).pooled;
    }
    // A part that is not known makes the sum unknown, and one of 2^40 channels is no network.
    const bool any_unknown =
        std::ranges::any_of(node.inputs, [&](const std::string& part) { return known_.at(part).channels == 0; });
    result.channels = any_unknown || result.channels > (std::int64_t{1} << 40) ? 0 : result.channels;
  }
  result.pooled = gives_pooled(node.operation, graph_, node.inputs, pooled);
  return result;
}

void Importer::define(const OnnxNode& node, Value value) {
  claim(node);
  values_.emplace(node.output(), std::move(value));
}

void Importer::define_pending(const OnnxNode& node, const Value& from, Pending pending) {
  Value value = from;
  value.pending = std::move(pending);
  value.node = node.name();
  value.output = node.output();
  define(node, std::move(value));
}

void Importer::define(const OnnxNode& node, IntegerArray integers) {
  claim(node);
  integers_.emplace(node.output(), std::move(integers));
}

void Importer::define(const OnnxNode& node, Tensor constant) {
  claim(node);
  constants_.add(node.output(), std::move(constant));
}

void Importer::define(const OnnxNode& node, onnx::TensorProto& constant) {
  claim(node);
  constants_.add(node.output(), constant);
}

void Importer::define_alias(const OnnxNode& node, std::size_t input) {
  claim(node);
  const std::string name = node.input(input);
  if (constants_.contains(name)) {
    constants_.add_equal(node.output(), name);
    return;
  }
  if (const auto found = integers_.find(name); found != integers_.end()) {
    integers_.emplace(node.output(), IntegerArray(found->second));
    return;
  }
  value(node, input);
  aliases_.emplace(node.output(), root(name));
}

const Shape* Importer::declared_shape(const std::string& graph_value) const {
  const auto found = shapes_.find(graph_value);
  return found == shapes_.end() ? nullptr : &found->second;
}

Node* Importer::producer(const std::string& graph_value) {
  // From the end: what is asked for was made not long ago.
  const auto found = std::find_if(graph_.nodes.rbegin(), graph_.nodes.rend(),
                                  [&](const Node& node) { return node.output == graph_value; });
  return found == graph_.nodes.rend() ? nullptr : &*found;
}

void Importer::rename(Node& producer, const std::string& name) {
  Value value = known_.at(producer.output);
  value.name = name;
  known_.insert_or_assign(name, value);
  if (const auto found = shapes_.find(producer.output); found != shapes_.end()) {
    const Shape shape = found->second;
    shapes_.insert_or_assign(name, shape);
  }
  producer.output = name;
}

void Importer::remove_node(const Node& node) {
  graph_.nodes.erase(graph_.nodes.begin() + (&node - graph_.nodes.data()));
}

std::string Importer::changeable(const std::string& tensor, const char* how) {
  const auto used = std::ranges::count_if(
      graph_.nodes, [&](const Node& node) { return std::ranges::find(node.inputs, tensor) != node.inputs.end(); });
  if (used <= 1 && uses(tensor) <= 1) {
    return tensor;
  }
  return add_tensor(tensor, how, graph_.tensor(tensor));
}

std::string Importer::add_tensor(const std::string& base, const char* how, Tensor tensor) {
  std::string name = unique(name_numbers_, names_, fmt::format("{}.{}", base, how), "_");
  graph_.tensors.emplace(name, std::move(tensor));
  constants_.append_to_order(name);
  return name;
}

std::string Importer::add_named(const std::string& name, Tensor tensor) {
  return graph_.tensors.emplace(name, tensor).second ? name : add_tensor(name, "shift", std::move(tensor));
}

void Importer::drop_unshared(const std::string& tensor) {
  if (uses(tensor) <= 1 && !is_read(tensor)) {
    graph_.tensors.erase(tensor);
  }
}

bool Importer::is_read(const std::string& graph_value) const {
  return std::ranges::any_of(
      graph_.nodes, [&](const Node& node) { return std::ranges::find(node.inputs, graph_value) != node.inputs.end(); });
}

std::string Importer::fresh_value(const std::string& base) {
  return unique(name_numbers_, names_, base, "_");
}

/// Counts on from the last number of this name, so that a file of one name alone takes no quadratic time.
std::string Importer::unique(std::map<std::string, int>& numbers, std::set<std::string>& taken, const std::string& base,
                             const char* separator) {
  std::string name = base;
  for (int& number = numbers.emplace(base, 1).first->second; !taken.insert(name).second;) {
    name = fmt::format("{}{}{}", base, separator, ++number);
  }
  return name;
}

void Importer::drop_unused() {
  std::set<std::string> used = {graph_.output};
  for (std::size_t left = graph_.nodes.size(); left-- > 0;) {
    const Node& node = graph_.nodes[left];
    if (used.contains(node.output)) {
      used.insert(node.inputs.begin(), node.inputs.end());
    }
  }
  std::erase_if(graph_.nodes, [&](const Node& node) { return !used.contains(node.output); });
  std::erase_if(graph_.tensors, [&](const auto& entry) { return !used.contains(entry.first); });
  for (const std::string& name : constants_.order()) {
    if (graph_.tensors.contains(name)) {
      graph_.tensor_order.push_back(name);
    }
  }
}

Graph Importer::finish() {
  const auto output = values_.find(root(graph_.output));
  if (output == values_.end()) {
    throw InputError(fmt::format("no node makes the output '{}'", printable(graph_.output)), file_,
                     "export the network again");
  }
  onnx::NodeProto end;
  end.set_name(graph_.output);
  end.set_op_type("output");
  materialise(*this, OnnxNode(end, 0, file_), output->second);
  graph_.output = output->second.name;
  drop_unused();
  return std::move(graph_);
}

}  // namespace niwaki::onnx_import
