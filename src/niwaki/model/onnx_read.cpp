#include <exception>

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <onnx/onnx_pb.h>

#include "niwaki/core/error.hpp"
#include "niwaki/model/byte_source.hpp"
#include "niwaki/model/import/read_graph.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/model/onnx_metadata.hpp"
#include "niwaki/model/zstd_file.hpp"

namespace niwaki {
namespace {

/// Protobuf's own limit.
constexpr std::size_t kLargestModel = (std::size_t{2} << 30) - 1;
constexpr int kBlock = 1 << 18;  // bytes handed to protobuf at once
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

/// Hands bytes to protobuf and keeps what went wrong with them: nothing may be thrown through its parser.
class ProtobufBytes : public google::protobuf::io::CopyingInputStream {
 public:
  explicit ProtobufBytes(ByteSource source) : source_(std::move(source)) {}

  int Read(void* buffer, int size) override {
    try {
      return static_cast<int>(source_(static_cast<char*>(buffer), static_cast<std::size_t>(size)));
    } catch (...) {
      error_ = std::current_exception();
      return -1;
    }
  }
  void rethrow() const {
    if (error_) {
      std::rethrow_exception(error_);
    }
  }

 private:
  ByteSource source_;
  std::exception_ptr error_;
};

void parse(onnx::ModelProto& model, ByteSource source, const std::string& name) {
  ProtobufBytes bytes(guarded_source(std::move(source), name, kLargestModel));
  google::protobuf::io::CopyingInputStreamAdaptor stream(&bytes, kBlock);
  const bool parsed = model.ParseFromZeroCopyStream(&stream);
  bytes.rethrow();
  if (!parsed || !model.has_graph()) {
    throw InputError("this is no intact ONNX network", name, "export it again, or check that it is the right file");
  }
}

Graph read_model(ByteSource source, const std::string& name) {
  onnx::ModelProto model;
  parse(model, std::move(source), name);
  Graph graph = onnx_import::read_graph(*model.mutable_graph(), opset_of(model, name), name);
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
  return read_model(memory_source(bytes), name);
}

Graph read_onnx(const std::filesystem::path& path) {
  ByteSource bytes = file_source(path);
  if (path.extension() == ".zst") {
    bytes = zstd_unpacked(std::move(bytes), path.string());
  }
  return read_model(std::move(bytes), path.string());
}

bool ends_in_sigmoid(const Graph& graph) {
  const Node* last = graph.producer(graph.output);
  return last != nullptr && std::holds_alternative<Sigmoid>(last->operation);
}

}  // namespace niwaki
