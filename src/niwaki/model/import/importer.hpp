#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "niwaki/model/graph.hpp"
#include "niwaki/model/import/constants.hpp"
#include "niwaki/model/import/onnx_node.hpp"
#include "niwaki/model/import/onnx_stream.hpp"
#include "niwaki/model/import/value.hpp"

namespace onnx {
class GraphProto;
class TensorProto;
}  // namespace onnx

namespace niwaki::onnx_import {

/// The Graph as far as it has been read, and what every name of the ONNX graph stands for. One function an operator
/// (layers.hpp, pooling.hpp, arithmetic.hpp, form.hpp, integers.hpp) adds to it.
class Importer {
 public:
  Importer(OnnxFileContent& content, std::int64_t opset, const std::string& file);

  [[nodiscard]] Graph& graph() { return graph_; }
  [[nodiscard]] Constants& constants() { return constants_; }
  [[nodiscard]] std::int64_t opset() const { return opset_; }

  // Inputs of a node. All throw InputError naming the node where the input is not of the kind that is asked for.
  [[nodiscard]] bool is_constant(const OnnxNode& node, std::size_t i) const;
  [[nodiscard]] bool is_integers(const OnnxNode& node, std::size_t i) const;
  /// A computed value, as it is.
  Value& value(const OnnxNode& node, std::size_t i);
  /// The name in the Graph of a computed value to which nothing is left to be done.
  std::string plain(const OnnxNode& node, std::size_t i);
  /// The name of a constant, made a tensor of the Graph.
  std::string weight(const OnnxNode& node, std::size_t i);
  const Tensor& floats(const OnnxNode& node, std::size_t i);
  float scalar(const OnnxNode& node, std::size_t i);  // not NaN
  IntegerArray integers(const OnnxNode& node, std::size_t i);
  /// Whole numbers, all known.
  std::vector<std::int64_t> numbers(const OnnxNode& node, std::size_t i);
  /// A constant truth value.
  bool is_true(const OnnxNode& node, std::size_t i);
  /// How often the ONNX graph uses this name, under all its names; Shape does not count.
  [[nodiscard]] std::size_t uses(const std::string& name) const;
  /// The name that Identity and Dropout gave others to.
  [[nodiscard]] std::string root(const std::string& name) const;

  // Outputs of a node.
  void add(const OnnxNode& node, const Operation& operation, std::vector<std::string> inputs);
  /// One more node, before the one that is being read.
  std::string add(const std::string& name, const Operation& operation, std::vector<std::string> inputs,
                  const std::string& output);
  /// The node's output is this value.
  void define(const OnnxNode& node, Value value);
  /// `from`, with one thing more to be done to it, of which there may be none yet.
  void define_pending(const OnnxNode& node, const Value& from, Pending pending);
  void define(const OnnxNode& node, IntegerArray integers);
  void define(const OnnxNode& node, Tensor constant);
  void define(const OnnxNode& node, onnx::TensorProto& constant);
  void define_alias(const OnnxNode& node, std::size_t input);

  /// What is known of a value of the Graph.
  [[nodiscard]] const Value& known(const std::string& graph_value) const { return known_.at(graph_value); }
  /// Its shape, where the file says how large the input is (the batch is 1), else nullptr.
  [[nodiscard]] const Shape* declared_shape(const std::string& graph_value) const;
  [[nodiscard]] std::int64_t declared_batch() const { return batch_; }  // 0: not said
  [[nodiscard]] Node* producer(const std::string& graph_value);
  /// Gives a value another name, which the file knows.
  void rename(Node& producer, const std::string& name);
  /// What is known of its output, from changed inputs.
  void describe_again(const Node& node);
  void remove_node(const Node& node);

  /// A tensor of its own that may be changed: the one of this name where nothing else uses it, else a copy.
  std::string changeable(const std::string& tensor, const char* how);
  std::string add_tensor(const std::string& base, const char* how, Tensor tensor);
  /// One under a name of the file, which is a constant's that is not in the Graph yet; else under another.
  std::string add_named(const std::string& name, Tensor tensor);
  /// Lets a tensor go that the node being read was the only one to use.
  void drop_unshared(const std::string& tensor);
  /// Whether a node that was read reads this value of the Graph.
  [[nodiscard]] bool is_read(const std::string& graph_value) const;
  std::string fresh_value(const std::string& base);

  /// Drops what no node uses and orders the tensors.
  Graph finish();

 private:
  void read_ends(const onnx::GraphProto& proto);
  void count_uses(const onnx::GraphProto& proto);
  void drop_unused();
  void claim(const OnnxNode& node);
  void infer_declared_shape(const Node& node);
  Value described(const Node& node) const;
  std::string unique(std::map<std::string, int>& numbers, std::set<std::string>& taken, const std::string& base,
                     const char* separator);

  Graph graph_;
  Constants constants_{graph_};
  std::int64_t opset_;
  const std::string& file_;
  std::int64_t batch_ = 0;
  std::map<std::string, Value> values_;           // by ONNX name
  std::map<std::string, IntegerArray> integers_;  // by ONNX name
  std::map<std::string, Value> known_;            // by name in the Graph
  std::map<std::string, Shape> shapes_;           // by name in the Graph
  std::map<std::string, std::string> aliases_;    // ONNX names read so far
  std::map<std::string, std::string> roots_;      // the same for the whole file, constants too
  std::map<std::string, std::size_t> uses_;       // by root
  std::set<std::string> names_;                   // of values and tensors, the file's and ours
  std::set<std::string> node_names_;
  std::map<std::string, int> name_numbers_;
  std::map<std::string, int> node_numbers_;
};

}  // namespace niwaki::onnx_import
