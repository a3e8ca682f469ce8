#include <algorithm>
#include <system_error>

#include "niwaki/core/error.hpp"
#include "niwaki/model/byte_source.hpp"
#include "niwaki/model/import/onnx_stream.hpp"
#include "niwaki/model/import/read_graph.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/model/onnx_metadata.hpp"
#include "niwaki/model/zstd_file.hpp"

namespace niwaki {
namespace {

/// Protobuf's own limit.
constexpr std::size_t kLargestModel = (std::size_t{2} << 30) - 1;
constexpr std::size_t kUsualPacking = 64;  // times; a pruned network packs to a seventh, an empty one to less
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

Graph read_model(ByteSource source, const std::string& name, std::size_t expected) {
  onnx_import::OnnxFileContent content = onnx_import::read_content(std::move(source), name, expected, kLargestModel);
  const onnx::ModelProto& model = content.model;
  const std::int64_t opset = opset_of(model, name);
  Graph graph = onnx_import::read_graph(content, opset, name);
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

}  // namespace

Graph parse_onnx(std::string_view bytes, const std::string& name) {
  return read_model(memory_source(bytes), name, bytes.size());
}

Graph read_onnx(const std::filesystem::path& path) {
  ByteSource bytes = file_source(path);
  std::error_code unknown;
  std::size_t expected = std::filesystem::is_regular_file(path, unknown) ? std::filesystem::file_size(path) : 0;
  if (path.extension() == ".zst") {
    bytes = zstd_unpacked(std::move(bytes), path.string());
    expected *= kUsualPacking;
  }
  return read_model(std::move(bytes), path.string(), std::min(expected, kLargestModel));
}

bool ends_in_sigmoid(const Graph& graph) {
  const Node* last = graph.producer(graph.output);
  return last != nullptr && std::holds_alternative<Sigmoid>(last->operation);
}

}  // namespace niwaki
