#pragma once

#include <cstdint>
#include <string>

#include "niwaki/model/graph.hpp"

namespace onnx {
class GraphProto;
}

namespace niwaki::onnx_import {

/// The nodes and tensors of an ONNX graph of this opset, with everything folded away that onnx.hpp lists. `file` is
/// named in messages. The graph's metadata are not read here. The bytes of weights leave `proto` as they are read.
Graph read_graph(onnx::GraphProto& proto, std::int64_t opset, const std::string& file);

}  // namespace niwaki::onnx_import
