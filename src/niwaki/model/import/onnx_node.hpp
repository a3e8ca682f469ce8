#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "niwaki/model/graph.hpp"

namespace onnx {
class AttributeProto;
class NodeProto;
class TensorProto;
}  // namespace onnx

namespace niwaki::onnx_import {

/// A name of a file as a message can show it: without control characters, and not longer than a line.
std::string printable(const std::string& name);

/// One node of an ONNX file: its attributes, read strictly. Every refusal names the file, the node and its operator.
class OnnxNode {
 public:
  OnnxNode(onnx::NodeProto& node, std::size_t position, const std::string& file);

  [[nodiscard]] const std::string& op() const;
  /// The node's own name, or "<op>_<position>" where it has none.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// "model.onnx, node 'conv1' (Conv)".
  [[nodiscard]] std::string where() const;
  [[noreturn]] void refuse(const std::string& problem) const;

  [[nodiscard]] std::size_t input_count() const;
  /// "" for an optional input that is left out.
  [[nodiscard]] std::string input(std::size_t i) const;
  [[nodiscard]] std::size_t output_count() const;  // those with a name
  [[nodiscard]] const std::string& output() const;

  [[nodiscard]] std::int64_t integer(const char* attribute, std::int64_t otherwise) const;
  [[nodiscard]] float number(const char* attribute, float otherwise) const;
  [[nodiscard]] std::string text(const char* attribute, const std::string& otherwise) const;
  [[nodiscard]] std::vector<std::int64_t> integers(const char* attribute) const;  // empty where absent
  [[nodiscard]] const onnx::AttributeProto* find(const char* attribute) const;
  /// An attribute's tensor, whose bytes may be let go, or nullptr.
  [[nodiscard]] onnx::TensorProto* tensor(const char* attribute) const;
  /// Refuses attributes that this list does not name: one that is passed over in silence would change the result.
  void allow_only(std::initializer_list<const char*> attributes) const;

  /// strides, dilations or kernel_shape of two lengths, each 1 to 1 million.
  [[nodiscard]] std::array<std::int64_t, 2> pair(const char* attribute, std::array<std::int64_t, 2> otherwise) const;
  /// pads as top, left, bottom, right, each 0 to 1 million.
  [[nodiscard]] std::array<std::int64_t, 4> pads() const;
  /// An axis of a value of this rank, counted from the front; refused where there is none.
  [[nodiscard]] std::int64_t axis(std::int64_t given, int rank) const;

 private:
  onnx::NodeProto& node_;
  std::string name_;
  const std::string& file_;
};

}  // namespace niwaki::onnx_import
