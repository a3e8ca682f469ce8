#include "niwaki/model/import/onnx_tensor.hpp"

#include <bit>
#include <cstring>

#include <onnx/onnx_pb.h>

#include "niwaki/core/error.hpp"

namespace niwaki::onnx_import {
namespace {

static_assert(std::endian::native == std::endian::little, "ONNX's raw data is little endian");

[[noreturn]] void refuse(const std::string& problem, const std::string& where) {
  throw InputError(problem, where, "export the network again with its weights inside, as float32");
}

std::size_t element_count(const onnx::TensorProto& tensor, const std::string& where) {
  std::size_t count = 1;
  for (const std::int64_t length : tensor.dims()) {
    if (length < 0 || (length == 0 && !holds_integers(tensor))) {
      refuse(fmt::format("a tensor has a length of {}", length), where);
    }
    if (__builtin_mul_overflow(count, static_cast<std::size_t>(length), &count) || count > (std::size_t{1} << 40)) {
      refuse("a tensor's shape overflows", where);
    }
  }
  return count;
}

void check_storage(const onnx::TensorProto& tensor, const std::string& where) {
  if (tensor.data_location() == onnx::TensorProto::EXTERNAL || tensor.external_data_size() > 0) {
    refuse("a weight's data lie outside the file", where);
  }
}

template <typename Value, typename Listed>
std::vector<Value> read_values(const onnx::TensorProto& tensor, const Listed& listed, const std::string& where) {
  const std::size_t count = element_count(tensor, where);
  if (tensor.has_raw_data()) {
    if (tensor.raw_data().size() != count * sizeof(Value)) {
      refuse(fmt::format("a tensor of {} values has {} bytes", count, tensor.raw_data().size()), where);
    }
    std::vector<Value> values(count);
    if (count > 0) {
      std::memcpy(values.data(), tensor.raw_data().data(), tensor.raw_data().size());
    }
    return values;
  }
  if (static_cast<std::size_t>(listed.size()) != count) {
    refuse(fmt::format("a tensor of {} values has {}", count, listed.size()), where);
  }
  return {listed.begin(), listed.end()};
}

}  // namespace

Tensor read_float_tensor(const onnx::TensorProto& tensor, const std::string& where) {
  check_storage(tensor, where);
  if (tensor.data_type() != onnx::TensorProto::FLOAT) {
    refuse(fmt::format("a weight is not float32 but {}",
                       onnx::TensorProto::DataType_Name(static_cast<onnx::TensorProto::DataType>(tensor.data_type()))),
           where);
  }
  return {{tensor.dims().begin(), tensor.dims().end()}, read_values<float>(tensor, tensor.float_data(), where)};
}

Shape read_shape(const onnx::TensorProto& tensor, const std::string& where) {
  element_count(tensor, where);
  return {tensor.dims().begin(), tensor.dims().end()};
}

bool holds_integers(const onnx::TensorProto& tensor) {
  return tensor.data_type() == onnx::TensorProto::INT64 || tensor.data_type() == onnx::TensorProto::INT32;
}

std::vector<std::int64_t> read_integer_tensor(const onnx::TensorProto& tensor, const std::string& where) {
  check_storage(tensor, where);
  if (tensor.data_type() == onnx::TensorProto::INT64) {
    return read_values<std::int64_t>(tensor, tensor.int64_data(), where);
  }
  if (tensor.data_type() == onnx::TensorProto::INT32) {
    const std::vector<std::int32_t> values = read_values<std::int32_t>(tensor, tensor.int32_data(), where);
    return {values.begin(), values.end()};
  }
  refuse("a shape or list of axes is not of whole numbers", where);
}

}  // namespace niwaki::onnx_import
