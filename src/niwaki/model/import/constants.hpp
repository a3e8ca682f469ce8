#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/model/graph.hpp"

namespace onnx {
class TensorProto;
}

namespace niwaki::onnx_import {

/// The constants of an ONNX graph by name: initialisers, Constant nodes, and what is computed from them. Each is turned
/// into numbers when it is first asked for, and its bytes in the protobuf message are let go at once, so that weights
/// are never held twice.
class Constants {
 public:
  explicit Constants(Graph& graph) : graph_(graph) {}

  /// A tensor of the file, which lives as long as this.
  void add(const std::string& name, onnx::TensorProto& tensor);
  void add(const std::string& name, Tensor tensor);
  /// Another constant of the same numbers. PyTorch writes weights of equal values once and the others as Identity of
  /// it; they are weights of their own.
  void add_equal(const std::string& name, const std::string& of);

  [[nodiscard]] bool contains(const std::string& name) const { return slots_.contains(name); }
  [[nodiscard]] bool is_integers(const std::string& name) const;

  /// The numbers. Throws InputError naming `where` for a tensor of another type, or one whose shape and bytes do not
  /// fit. Not yet looked at: whether they are finite.
  const Tensor& floats(const std::string& name, const std::string& where);
  [[nodiscard]] bool is_true(const std::string& name) const;
  [[nodiscard]] std::vector<std::int64_t> shape(const std::string& name, const std::string& where) const;
  [[nodiscard]] std::vector<std::int64_t> integers(const std::string& name, const std::string& where) const;

  /// Makes it a tensor of the graph under its own name, all numbers finite.
  const std::string& into_graph(const std::string& name, const std::string& where);

  /// Names in the order in which the file lists them: initialisers, then what nodes made.
  [[nodiscard]] const std::vector<std::string>& order() const { return order_; }
  void append_to_order(const std::string& name) { order_.push_back(name); }

 private:
  struct Numbers {
    onnx::TensorProto* tensor = nullptr;  // until they are read
    std::optional<Tensor> values;         // until they are the graph's
    std::string in_graph;                 // a name there, "" before
  };

  Graph& graph_;
  std::map<std::string, std::shared_ptr<Numbers>> slots_;
  std::vector<std::string> order_;
};

}  // namespace niwaki::onnx_import
