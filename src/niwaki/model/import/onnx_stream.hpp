#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <onnx/onnx_pb.h>

#include "niwaki/model/byte_source.hpp"

namespace niwaki::onnx_import {

/// An ONNX file as it was read. What holds its weights are not the protobuf messages: their bytes go straight where
/// they are to stay, so that they are held once.
struct OnnxFileContent {
  onnx::ModelProto model;
  /// The numbers of each of the graph's initialisers, in their order; empty where they are not float32 in raw_data that
  /// fits their shape, and are left in the message.
  std::vector<std::vector<float>> weights;
};

/// At most `limit` bytes; room for a weight is made at once where it is not larger than the `expected` bytes of all.
/// Throws InputError naming `name` where it is no intact ONNX file.
OnnxFileContent read_content(ByteSource source, const std::string& name, std::size_t expected, std::size_t limit);

}  // namespace niwaki::onnx_import
