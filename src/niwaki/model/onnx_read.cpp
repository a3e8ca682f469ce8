#include <onnx/onnx_pb.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/model/onnx_graph_reader.hpp"
#include "niwaki/model/onnx_metadata.hpp"
#include "niwaki/model/zstd_file.hpp"

namespace niwaki {
namespace {

/// Protobuf's own limit.
constexpr std::size_t kLargestModel = (std::size_t{2} << 30) - 1;
constexpr std::int64_t kOldestOpset = 11;
constexpr std::int64_t kNewestOpset = 17;

std::int64_t opset_of(const onnx::ModelProto& model, const std::string& name) {
  std::int64_t version = 0;
  for (const onnx::OperatorSetIdProto& opset : model.opset_import()) {
    if (opset.domain().empty() || opset.domain() == "ai.onnx") {
      version = opset.version();
    }
  }
  if (version < kOldestOpset || version > kNewestOpset) {
    throw InputError(fmt::format("the network is of ONNX opset {}", version), name,
                     fmt::format("export it with an opset of {} to {}", kOldestOpset, kNewestOpset));
  }
  return version;
}

}  // namespace

Graph parse_onnx(std::string_view bytes, const std::string& name) {
  onnx::ModelProto model;
  if (bytes.size() > kLargestModel || !model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      !model.has_graph()) {
    throw InputError("this is no intact ONNX network", name, "export it again, or check that it is the right file");
  }
  Graph graph = read_onnx_graph(model.graph(), opset_of(model, name), name);
  std::map<std::string, std::string> metadata;
  for (const onnx::StringStringEntryProto& entry : model.metadata_props()) {
    metadata[entry.key()] = entry.value();
  }
  take_metadata(graph, metadata, name);
  check(graph);
  if (graph.preprocessing) {
    const Preprocessing& input = *graph.preprocessing;
    infer_shapes(graph, {1, static_cast<std::int64_t>(input.channels), static_cast<std::int64_t>(input.height),
                         static_cast<std::int64_t>(input.width)});
  }
  return graph;
}

Graph read_onnx(const std::filesystem::path& path) {
  std::string bytes = read_file(path, kLargestModel);
  if (path.extension() == ".zst") {
    bytes = zstd_unpacked(bytes, path.string(), kLargestModel);
  }
  return parse_onnx(bytes, path.string());
}

bool ends_in_sigmoid(const Graph& graph) {
  const Node* last = graph.producer(graph.output);
  return last != nullptr && std::holds_alternative<Sigmoid>(last->operation);
}

}  // namespace niwaki
