#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "niwaki/model/graph.hpp"

namespace niwaki {

/// Reads an ONNX network (opset 11 to 17, float32, weights inside the file); `.onnx.zst` is unpacked. What is folded
/// away on the way in: Constant, Identity, Dropout, ReduceMean over height and width, Reshape and Flatten to [batch,
/// -1], MatMul + Add to a Linear, Gemm with transB = 0 (transposed), a final Sigmoid is kept as it is and told by
/// `ends_in_sigmoid`. Throws InputError naming the file and the node: an operator that is not held, a broken file,
/// sizes that overflow or exceed the file, an external data path, a cycle, a missing input, a weight that is not
/// finite.
Graph read_onnx(const std::filesystem::path& path);
Graph parse_onnx(std::string_view bytes, const std::string& name);

/// ONNX opset 14, IR version 7, with the preprocessing and class names in its metadata. The same graph gives the same
/// bytes.
/// `.onnx.zst` is packed with zstd (level 6). Written whole or not at all.
void write_onnx(const Graph& graph, const std::filesystem::path& path);
std::string to_onnx(const Graph& graph);

/// True where the network's last operator is a Sigmoid, so that its output is probabilities.
bool ends_in_sigmoid(const Graph& graph);

}  // namespace niwaki
