#pragma once

#include <cstdint>
#include <string>

#include "niwaki/model/graph.hpp"
#include "niwaki/model/import/onnx_stream.hpp"

namespace niwaki::onnx_import {

/// The nodes and tensors of an ONNX graph of this opset, with everything folded away that onnx.hpp lists. `file` is
/// named in messages. The graph's metadata are not read here. Weights move out of `content`.
Graph read_graph(OnnxFileContent& content, std::int64_t opset, const std::string& file);

}  // namespace niwaki::onnx_import
