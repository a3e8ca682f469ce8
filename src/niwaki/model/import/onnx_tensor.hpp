#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "niwaki/model/graph.hpp"

namespace onnx {
class TensorProto;
}

namespace niwaki::onnx_import {

/// A float32 tensor of an ONNX file. Its shape is checked for overflow and against the bytes that are there before
/// anything is allocated. Throws InputError naming `where` for another type, data outside the file, or a shape that
/// does not fit. Whether its numbers are finite is for the caller to see.
Tensor read_float_tensor(const onnx::TensorProto& tensor, const std::string& where);

/// Its shape alone, checked in the same way.
Shape read_shape(const onnx::TensorProto& tensor, const std::string& where);

/// A whole-number tensor (int64 or int32) as Reshape, ReduceMean and Squeeze use them; it may be empty.
std::vector<std::int64_t> read_integer_tensor(const onnx::TensorProto& tensor, const std::string& where);
bool holds_integers(const onnx::TensorProto& tensor);

}  // namespace niwaki::onnx_import
