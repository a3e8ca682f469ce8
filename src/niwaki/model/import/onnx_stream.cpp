#include "niwaki/model/import/onnx_stream.hpp"

#include <algorithm>
#include <bit>
#include <exception>
#include <limits>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>

#include "niwaki/core/error.hpp"

namespace niwaki::onnx_import {
namespace {

using google::protobuf::MessageLite;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

static_assert(std::endian::native == std::endian::little, "ONNX's raw data is little endian");

constexpr int kBlock = 1 << 18;                      // bytes handed to protobuf at once
constexpr std::size_t kStep = std::size_t{4} << 20;  // numbers read at once, so that no length is believed before
constexpr std::size_t kSmallWeight = 256;            // bytes; smaller ones are as well off in their message

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

/// Walks the file's outer messages by hand and leaves their parts to protobuf. Every function is false where the bytes
/// are no such message.
class ContentReader {
 public:
  ContentReader(CodedInputStream& stream, std::size_t expected, OnnxFileContent& content)
      : stream_(stream), expected_(expected), content_(content) {}

  bool read_model() {
    using Model = onnx::ModelProto;
    onnx::ModelProto& model = content_.model;
    while (const std::uint32_t tag = stream_.ReadTag()) {
      const int field = WireFormatLite::GetTagFieldNumber(tag);
      const bool whole = is_message(tag);
      const bool good = whole && field == Model::kGraphFieldNumber           ? nested([&] { return read_graph(); })
                        : whole && field == Model::kOpsetImportFieldNumber   ? merge(*model.add_opset_import())
                        : whole && field == Model::kMetadataPropsFieldNumber ? merge(*model.add_metadata_props())
                                                                             : WireFormatLite::SkipField(&stream_, tag);
      if (!good) {
        return false;
      }
    }
    return stream_.ConsumedEntireMessage();
  }

 private:
  static bool is_message(std::uint32_t tag) {
    return WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
  }

  template <typename Body>
  bool nested(const Body& body) {
    int length = 0;
    if (!stream_.ReadVarintSizeAsInt(&length)) {
      return false;
    }
    const auto [limit, depth] = stream_.IncrementRecursionDepthAndPushLimit(length);
    return depth >= 0 && body() && stream_.DecrementRecursionDepthAndPopLimit(limit);
  }

  bool merge(MessageLite& message) {
    return nested([&] { return message.MergePartialFromCodedStream(&stream_); });
  }

  bool read_graph() {
    using Proto = onnx::GraphProto;
    onnx::GraphProto& graph = *content_.model.mutable_graph();
    while (const std::uint32_t tag = stream_.ReadTag()) {
      const int field = WireFormatLite::GetTagFieldNumber(tag);
      const bool whole = is_message(tag);
      const bool good = whole && field == Proto::kInitializerFieldNumber ? nested([&] { return read_initializer(); })
                        : whole && field == Proto::kNodeFieldNumber      ? merge(*graph.add_node())
                        : whole && field == Proto::kInputFieldNumber     ? merge(*graph.add_input())
                        : whole && field == Proto::kOutputFieldNumber    ? merge(*graph.add_output())
                        : whole && field == Proto::kNameFieldNumber
                            ? WireFormatLite::ReadString(&stream_, graph.mutable_name())
                            : WireFormatLite::SkipField(&stream_, tag);
      if (!good) {
        return false;
      }
    }
    return true;
  }

  /// Its fields one by one, each appended to what is there, as protobuf would; but for the bytes of a weight.
  bool read_initializer() {
    using Proto = onnx::TensorProto;
    onnx::TensorProto& tensor = *content_.model.mutable_graph()->add_initializer();
    std::vector<float>& weight = content_.weights.emplace_back();
    while (const std::uint32_t tag = stream_.ReadTag()) {
      const bool raw = is_message(tag) && WireFormatLite::GetTagFieldNumber(tag) == Proto::kRawDataFieldNumber;
      if (!(raw ? read_raw_data(tensor, weight) : read_field(tag, tensor))) {
        return false;
      }
    }
    return true;
  }

  bool read_field(std::uint32_t tag, onnx::TensorProto& tensor) {
    std::string bytes;
    {
      google::protobuf::io::StringOutputStream text(&bytes);
      google::protobuf::io::CodedOutputStream copy(&text);
      if (!WireFormatLite::SkipField(&stream_, tag, &copy)) {
        return false;
      }
    }
    google::protobuf::io::ArrayInputStream array(bytes.data(), static_cast<int>(bytes.size()));
    CodedInputStream stream(&array);
    return tensor.MergePartialFromCodedStream(&stream) && stream.ConsumedEntireMessage();
  }

  bool read_raw_data(onnx::TensorProto& tensor, std::vector<float>& weight) {
    std::uint32_t length = 0;
    if (!stream_.ReadVarint32(&length) || length > static_cast<std::uint32_t>(std::numeric_limits<int>::max())) {
      return false;
    }
    if (!weight.empty() || !fits(tensor, length)) {
      return stream_.ReadString(tensor.mutable_raw_data(), static_cast<int>(length));
    }
    const std::size_t count = length / sizeof(float);
    weight.reserve(std::min(count, expected_ / sizeof(float)));
    while (weight.size() < count) {
      const std::size_t before = weight.size();
      weight.resize(std::min(count, before + kStep));
      if (!stream_.ReadRaw(weight.data() + before, static_cast<int>((weight.size() - before) * sizeof(float)))) {
        return false;
      }
    }
    return true;
  }

  /// Whether these are the float32 numbers of the tensor's shape.
  static bool fits(const onnx::TensorProto& tensor, std::size_t bytes) {
    std::size_t size = sizeof(float);
    for (const std::int64_t length : tensor.dims()) {
      if (length < 1 || __builtin_mul_overflow(size, static_cast<std::size_t>(length), &size)) {
        return false;
      }
    }
    return size == bytes && bytes >= kSmallWeight && tensor.data_type() == onnx::TensorProto::FLOAT &&
           tensor.data_location() != onnx::TensorProto::EXTERNAL && tensor.external_data_size() == 0;
  }

  CodedInputStream& stream_;
  std::size_t expected_;
  OnnxFileContent& content_;
};

}  // namespace

OnnxFileContent read_content(ByteSource source, const std::string& name, std::size_t expected, std::size_t limit) {
  OnnxFileContent content;
  ProtobufBytes bytes(guarded_source(std::move(source), name, limit));
  bool good = false;
  {
    google::protobuf::io::CopyingInputStreamAdaptor adaptor(&bytes, kBlock);
    CodedInputStream stream(&adaptor);
    good = ContentReader(stream, expected, content).read_model();
  }
  bytes.rethrow();
  if (!good || !content.model.has_graph()) {
    throw InputError("this is no intact ONNX network", name, "export it again, or check that it is the right file");
  }
  return content;
}

}  // namespace niwaki::onnx_import
