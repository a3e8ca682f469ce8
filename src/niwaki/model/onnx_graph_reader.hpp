#pragma once

#include <cstdint>
#include <string>

#include "niwaki/model/graph.hpp"

namespace onnx {
class GraphProto;
}

namespace niwaki {

/// The nodes and tensors of an ONNX graph of this opset, with everything folded away that onnx.hpp lists. `file` is
/// named in messages. The graph's metadata are not read here.
Graph read_onnx_graph(const onnx::GraphProto& proto, std::int64_t opset, const std::string& file);

}  // namespace niwaki
