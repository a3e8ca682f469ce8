#include <set>

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/model/onnx_metadata.hpp"
#include "niwaki/model/zstd_file.hpp"

namespace niwaki {
namespace {

constexpr std::int64_t kIrVersion = 7;
constexpr std::int64_t kOpset = 14;  // the first that has HardSwish

void add_integer(onnx::NodeProto& node, const char* name, std::int64_t value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(value);
}

void add_float(onnx::NodeProto& node, const char* name, float value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::FLOAT);
  attribute.set_f(value);
}

template <std::size_t N>
void add_integers(onnx::NodeProto& node, const char* name, const std::array<std::int64_t, N>& values) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) {
    attribute.add_ints(value);
  }
}

void add_initializer(onnx::GraphProto& graph, const std::string& name, const Shape& shape,
                     const std::vector<float>& values) {
  onnx::TensorProto& tensor = *graph.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t length : shape) {
    tensor.add_dims(length);
  }
  tensor.set_raw_data(values.data(), values.size() * sizeof(float));
}

void add_initializer(onnx::GraphProto& graph, const std::string& name, const std::vector<std::int64_t>& values) {
  onnx::TensorProto& tensor = *graph.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::INT64);
  tensor.add_dims(static_cast<std::int64_t>(values.size()));
  for (const std::int64_t value : values) {
    tensor.add_int64_data(value);
  }
}

/// Names for constants that the Graph holds within its nodes, none of which it uses itself.
class FreshNames {
 public:
  explicit FreshNames(const Graph& graph) : taken_({graph.input}) {
    for (const auto& [name, tensor] : graph.tensors) {
      taken_.insert(name);
    }
    for (const Node& node : graph.nodes) {
      taken_.insert(node.output);
    }
  }
  std::string fresh(std::string name) {
    while (!taken_.insert(name).second) {
      name += "_";
    }
    return name;
  }

 private:
  std::set<std::string> taken_;
};

/// Writes an operator's attributes, and those of its inputs that are constants.
class AttributeWriter {
 public:
  AttributeWriter(const Graph& graph, const Node& node, FreshNames& names, onnx::GraphProto& proto,
                  onnx::NodeProto& out)
      : graph_(graph), node_(node), names_(names), proto_(proto), out_(out) {}

  void operator()(const Convolution& convolution) const {
    const Shape& weight = graph_.tensor(node_.inputs[1]).shape;
    add_integers(out_, "dilations", convolution.dilations);
    add_integer(out_, "group", convolution.groups);
    add_integers(out_, "kernel_shape", std::array<std::int64_t, 2>{weight[2], weight[3]});
    add_integers(out_, "pads", convolution.pads);
    add_integers(out_, "strides", convolution.strides);
  }
  void operator()(const BatchNormalization& normalisation) const { add_float(out_, "epsilon", normalisation.epsilon); }
  void operator()(const Clip& clip) const {
    add_constant("low", clip.low);
    add_constant("high", clip.high);
  }
  void operator()(const HardSigmoid& sigmoid) const {
    add_float(out_, "alpha", sigmoid.alpha);
    add_float(out_, "beta", sigmoid.beta);
  }
  void operator()(const Concatenate&) const { add_integer(out_, "axis", 1); }
  void operator()(const Pad& pad) const {
    const std::string name = names_.fresh(node_.name + ".pads");
    const auto& [top, left, bottom, right] = pad.pads;
    add_initializer(proto_, name, {0, 0, top, left, 0, 0, bottom, right});
    out_.add_input(name);
    add_constant("value", pad.value);
  }
  void operator()(const MaxPool& pool) const { add_pool(pool); }
  void operator()(const AveragePool& pool) const {
    add_pool(pool);
    add_integer(out_, "count_include_pad", pool.count_include_pad ? 1 : 0);
  }
  void operator()(const Flatten&) const { add_integer(out_, "axis", 1); }
  void operator()(const Linear&) const { add_integer(out_, "transB", 1); }
  template <typename WithoutAttributes>
  void operator()(const WithoutAttributes&) const {}

 private:
  void add_constant(const char* which, float value) const {
    const std::string name = names_.fresh(fmt::format("{}.{}", node_.name, which));
    add_initializer(proto_, name, {}, {value});
    out_.add_input(name);
  }
  template <typename Pool>
  void add_pool(const Pool& pool) const {
    add_integer(out_, "ceil_mode", pool.ceil_mode ? 1 : 0);
    add_integers(out_, "kernel_shape", pool.kernel);
    add_integers(out_, "pads", pool.pads);
    add_integers(out_, "strides", pool.strides);
  }

  const Graph& graph_;
  const Node& node_;
  FreshNames& names_;
  onnx::GraphProto& proto_;
  onnx::NodeProto& out_;
};

void describe_value(onnx::ValueInfoProto& info, const std::string& name,
                    const std::vector<std::pair<std::int64_t, const char*>>& lengths) {
  info.set_name(name);
  onnx::TypeProto_Tensor& type = *info.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::TensorProto::FLOAT);
  for (const auto& [length, symbol] : lengths) {
    auto& dimension = *type.mutable_shape()->add_dim();
    if (length > 0) {
      dimension.set_dim_value(length);
    } else {
      dimension.set_dim_param(symbol);
    }
  }
}

void describe_ends(const Graph& graph, onnx::GraphProto& proto) {
  const auto channels = static_cast<std::int64_t>(input_channels(graph));
  std::int64_t height = 0;
  std::int64_t width = 0;
  if (graph.preprocessing) {
    height = static_cast<std::int64_t>(graph.preprocessing->height);
    width = static_cast<std::int64_t>(graph.preprocessing->width);
  }
  describe_value(*proto.add_input(), graph.input,
                 {{0, "batch"}, {channels, "channels"}, {height, "height"}, {width, "width"}});
  describe_value(*proto.add_output(), graph.output,
                 {{0, "batch"}, {static_cast<std::int64_t>(class_count(graph)), "classes"}});
}

}  // namespace

std::string to_onnx(const Graph& graph) {
  onnx::ModelProto model;
  model.set_ir_version(kIrVersion);
  model.set_producer_name("niwaki");
  onnx::OperatorSetIdProto& opset = *model.add_opset_import();
  opset.set_domain("");
  opset.set_version(kOpset);
  onnx::GraphProto& proto = *model.mutable_graph();
  proto.set_name(graph.name.empty() ? "network" : graph.name);
  for (const std::string& name : graph.tensor_order) {
    const Tensor& tensor = graph.tensor(name);
    add_initializer(proto, name, tensor.shape, tensor.values);
  }
  FreshNames names(graph);
  for (const Node& node : graph.nodes) {
    onnx::NodeProto& out = *proto.add_node();
    out.set_name(node.name);
    out.set_op_type(operator_name(node.operation));
    for (const std::string& input : node.inputs) {
      out.add_input(input);
    }
    out.add_output(node.output);
    std::visit(AttributeWriter(graph, node, names, proto, out), node.operation);
  }
  describe_ends(graph, proto);
  for (const auto& [key, value] : to_metadata(graph)) {
    onnx::StringStringEntryProto& entry = *model.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  }
  NIWAKI_CHECK(model.ByteSizeLong() < (std::size_t{2} << 30), "a network of {} bytes does not fit into ONNX's 2 GB",
               model.ByteSizeLong());
  std::string bytes;
  model.SerializeToString(&bytes);
  return bytes;
}

void write_onnx(const Graph& graph, const std::filesystem::path& path) {
  const std::string bytes = to_onnx(graph);
  write_file(path, path.extension() == ".zst" ? zstd_packed(bytes) : bytes);
}

}  // namespace niwaki
