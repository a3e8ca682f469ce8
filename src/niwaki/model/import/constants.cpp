#include "niwaki/model/import/constants.hpp"

#include <algorithm>
#include <cmath>

#include <onnx/onnx_pb.h>

#include "niwaki/core/error.hpp"
#include "niwaki/model/import/onnx_tensor.hpp"

namespace niwaki::onnx_import {

void Constants::add(const std::string& name, onnx::TensorProto& tensor) {
  slots_.emplace(name, std::make_shared<Numbers>(Numbers{.tensor = &tensor}));
  order_.push_back(name);
}

void Constants::add(const std::string& name, Tensor tensor) {
  slots_.emplace(name, std::make_shared<Numbers>(Numbers{.values = std::move(tensor)}));
  order_.push_back(name);
}

void Constants::add_equal(const std::string& name, const std::string& of) {
  slots_.emplace(name, slots_.at(of));
  order_.push_back(name);
}

bool Constants::is_integers(const std::string& name) const {
  const onnx::TensorProto* tensor = slots_.at(name)->tensor;
  return tensor != nullptr && holds_integers(*tensor);
}

const Tensor& Constants::floats(const std::string& name, const std::string& where) {
  Numbers& numbers = *slots_.at(name);
  if (!numbers.in_graph.empty()) {
    return graph_.tensor(numbers.in_graph);
  }
  if (!numbers.values) {
    numbers.values = read_float_tensor(*numbers.tensor, where);
    std::string().swap(*numbers.tensor->mutable_raw_data());
    google::protobuf::RepeatedField<float>().Swap(numbers.tensor->mutable_float_data());
    numbers.tensor = nullptr;
  }
  return *numbers.values;
}

std::vector<std::int64_t> Constants::shape(const std::string& name, const std::string& where) const {
  const Numbers& numbers = *slots_.at(name);
  if (!numbers.in_graph.empty()) {
    return graph_.tensor(numbers.in_graph).shape;
  }
  return numbers.values ? numbers.values->shape : read_shape(*numbers.tensor, where);
}

bool Constants::is_true(const std::string& name) const {
  const onnx::TensorProto* tensor = slots_.at(name)->tensor;
  const bool truth = tensor != nullptr && tensor->data_type() == onnx::TensorProto::BOOL;
  return truth && (tensor->has_raw_data() ? !tensor->raw_data().empty() && tensor->raw_data()[0] != 0
                                          : tensor->int32_data_size() > 0 && tensor->int32_data(0) != 0);
}

std::vector<std::int64_t> Constants::integers(const std::string& name, const std::string& where) const {
  const Numbers& numbers = *slots_.at(name);
  if (numbers.tensor == nullptr) {
    throw InputError(fmt::format("'{}' is not of whole numbers", name), where, "export the network again");
  }
  return read_integer_tensor(*numbers.tensor, where);
}

const std::string& Constants::into_graph(const std::string& name, const std::string& where) {
  const auto slot = slots_.find(name);
  if (graph_.tensors.contains(name)) {
    return slot->first;
  }
  const Tensor& values = floats(name, where);
  if (!std::ranges::all_of(values.values, [](float value) { return std::isfinite(value); })) {
    throw InputError("a weight is not a finite number", where,
                     "export the network again from weights that are finite (training may have diverged)");
  }
  Numbers& numbers = *slot->second;
  if (numbers.in_graph.empty()) {
    graph_.tensors.emplace(name, std::move(*numbers.values));
    numbers.values.reset();
    numbers.in_graph = name;
  } else {
    graph_.tensors.emplace(name, Tensor(values));
  }
  return slot->first;
}

}  // namespace niwaki::onnx_import
