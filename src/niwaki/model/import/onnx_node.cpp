#include "niwaki/model/import/onnx_node.hpp"

#include <algorithm>
#include <string_view>

#include <onnx/onnx_pb.h>

#include "niwaki/core/error.hpp"

namespace niwaki::onnx_import {
namespace {

constexpr std::int64_t kLongest = 1'000'000;

constexpr std::size_t kLongestName = 120;

}  // namespace

std::string printable(const std::string& name) {
  std::string shown = name.substr(0, kLongestName);
  std::ranges::replace_if(
      shown, [](unsigned char letter) { return letter < 0x20 || letter == 0x7F; }, '?');
  return name.size() > kLongestName ? shown + "..." : shown;
}

OnnxNode::OnnxNode(onnx::NodeProto& node, std::size_t position, const std::string& file)
    : node_(node),
      name_(node.name().empty() ? fmt::format("{}_{}", node.op_type(), position) : node.name()),
      file_(file) {}

const std::string& OnnxNode::op() const {
  return node_.op_type();
}

std::string OnnxNode::where() const {
  return fmt::format("{}, node '{}' ({})", file_, printable(name_), printable(node_.op_type()));
}

void OnnxNode::refuse(const std::string& problem) const {
  throw InputError(problem, where(), "export the network without it (docs/models.md)");
}

std::size_t OnnxNode::input_count() const {
  return static_cast<std::size_t>(node_.input_size());
}

std::string OnnxNode::input(std::size_t i) const {
  return i < input_count() ? node_.input(static_cast<int>(i)) : "";
}

std::size_t OnnxNode::output_count() const {
  return static_cast<std::size_t>(std::count_if(node_.output().begin(), node_.output().end(),
                                                [](const std::string& name) { return !name.empty(); }));
}

const std::string& OnnxNode::output() const {
  if (node_.output_size() < 1 || node_.output(0).empty()) {
    refuse("a node has no output");
  }
  return node_.output(0);
}

const onnx::AttributeProto* OnnxNode::find(const char* attribute) const {
  for (const onnx::AttributeProto& candidate : node_.attribute()) {
    if (candidate.name() == attribute) {
      return &candidate;
    }
  }
  return nullptr;
}

onnx::TensorProto* OnnxNode::tensor(const char* attribute) const {
  for (onnx::AttributeProto& candidate : *node_.mutable_attribute()) {
    if (candidate.name() == attribute && candidate.has_t()) {
      return candidate.mutable_t();
    }
  }
  return nullptr;
}

std::int64_t OnnxNode::integer(const char* attribute, std::int64_t otherwise) const {
  const onnx::AttributeProto* found = find(attribute);
  return found != nullptr ? found->i() : otherwise;
}

float OnnxNode::number(const char* attribute, float otherwise) const {
  const onnx::AttributeProto* found = find(attribute);
  return found != nullptr ? found->f() : otherwise;
}

std::string OnnxNode::text(const char* attribute, const std::string& otherwise) const {
  const onnx::AttributeProto* found = find(attribute);
  return found != nullptr ? found->s() : otherwise;
}

std::vector<std::int64_t> OnnxNode::integers(const char* attribute) const {
  const onnx::AttributeProto* found = find(attribute);
  return found != nullptr ? std::vector<std::int64_t>(found->ints().begin(), found->ints().end())
                          : std::vector<std::int64_t>();
}

void OnnxNode::allow_only(std::initializer_list<const char*> attributes) const {
  for (const onnx::AttributeProto& attribute : node_.attribute()) {
    const auto same = [&](std::string_view name) { return name == attribute.name(); };
    if (std::none_of(attributes.begin(), attributes.end(), same)) {
      refuse(fmt::format("the attribute '{}' is not held", printable(attribute.name())));
    }
  }
}

std::array<std::int64_t, 2> OnnxNode::pair(const char* attribute, std::array<std::int64_t, 2> otherwise) const {
  const std::vector<std::int64_t> values = integers(attribute);
  if (values.empty()) {
    return otherwise;
  }
  const bool in_range =
      std::all_of(values.begin(), values.end(), [](std::int64_t value) { return value >= 1 && value <= kLongest; });
  if (values.size() != 2 || !in_range) {
    refuse(fmt::format("the attribute '{}' is not two lengths of 1 or more", attribute));
  }
  return {values[0], values[1]};
}

std::array<std::int64_t, 4> OnnxNode::pads() const {
  const std::vector<std::int64_t> values = integers("pads");
  if (values.empty()) {
    return {0, 0, 0, 0};
  }
  const bool in_range =
      std::all_of(values.begin(), values.end(), [](std::int64_t value) { return value >= 0 && value <= kLongest; });
  if (values.size() != 4 || !in_range) {
    refuse("the attribute 'pads' is not four lengths of 0 or more");
  }
  return {values[0], values[1], values[2], values[3]};
}

std::int64_t OnnxNode::axis(std::int64_t given, int rank) const {
  if (given < -rank || given >= rank) {
    refuse(fmt::format("there is no axis {} among {}", given, rank));
  }
  return given < 0 ? given + rank : given;
}

}  // namespace niwaki::onnx_import
