#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "niwaki/model/graph.hpp"

namespace onnx {
class TensorProto;
}

namespace niwaki {

/// A float32 tensor of an ONNX file. Its shape is checked for overflow and against the bytes that are there before
/// anything is allocated. Throws InputError naming `where` for another type, data outside the file, a shape that does
/// not fit, or a value that is not finite.
Tensor read_float_tensor(const onnx::TensorProto& tensor, const std::string& where);

/// A whole-number tensor (int64 or int32) as Reshape, ReduceMean and Squeeze use them.
std::vector<std::int64_t> read_integer_tensor(const onnx::TensorProto& tensor, const std::string& where);

}  // namespace niwaki
