#include "niwaki/model/onnx.hpp"

#include <cmath>
#include <fstream>
#include <functional>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>
#include <unistd.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/model/zoo/zoo.hpp"
#include "niwaki/model/zstd_file.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

Graph small_network() {
  RandomStream random(1, "test");
  return build_network("resnet-small", {"Edema", "quote \" and \\", "気胸"}, imagenet_preprocessing(1, 64, 64), random);
}

/// A file that others might have made: input [batch, 2, 8, 8], conv "w" [4, 2, 3, 3], then what the test adds.
class OnnxFile {
 public:
  OnnxFile() {
    model_.set_ir_version(7);
    model_.add_opset_import()->set_version(13);
    onnx::GraphProto& graph = *model_.mutable_graph();
    graph.set_name("made by a test");
    graph.add_input()->set_name("input");
    graph.add_output()->set_name("logits");
    weight("w", {4, 2, 3, 3});
    node("Conv", {"input", "w"}, "features");
  }
  onnx::TensorProto& weight(const std::string& name, const std::vector<std::int64_t>& shape) {
    onnx::TensorProto& tensor = *model_.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    std::int64_t count = 1;
    for (const std::int64_t length : shape) {
      tensor.add_dims(length);
      count *= length;
    }
    for (std::int64_t i = 0; i < count; ++i) {
      tensor.add_float_data(static_cast<float>(i));
    }
    return tensor;
  }
  void integer_tensor(const std::string& name, const std::vector<std::int64_t>& values) {
    onnx::TensorProto& tensor = *model_.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::INT64);
    tensor.add_dims(static_cast<std::int64_t>(values.size()));
    tensor.mutable_int64_data()->Add(values.begin(), values.end());
  }
  onnx::NodeProto& node(const std::string& op, const std::vector<std::string>& inputs, const std::string& output) {
    onnx::NodeProto& node = *model_.mutable_graph()->add_node();
    node.set_name(op + " of the test");
    node.set_op_type(op);
    for (const std::string& input : inputs) {
      node.add_input(input);
    }
    node.add_output(output);
    return node;
  }
  OnnxFile& end_in_linear(const std::string& features = "features") {
    node("GlobalAveragePool", {features}, "pooled");
    node("Flatten", {"pooled"}, "flat");
    weight("fc", {3, 4});
    integer(node("Gemm", {"flat", "fc"}, "logits"), "transB", 1);
    return *this;
  }
  static void integer(onnx::NodeProto& node, const char* name, std::int64_t value) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(value);
  }
  static void integers(onnx::NodeProto& node, const char* name, const std::vector<std::int64_t>& values) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) {
      attribute.add_ints(value);
    }
  }
  [[nodiscard]] Graph read() const { return parse_onnx(model_.SerializeAsString(), "file.onnx"); }
  [[nodiscard]] std::string error() const {
    try {
      (void)read();
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }
  onnx::ModelProto& model() { return model_; }
  onnx::TensorProto& first_weight() { return *model_.mutable_graph()->mutable_initializer(0); }
  onnx::NodeProto& first_node() { return *model_.mutable_graph()->mutable_node(0); }

 private:
  onnx::ModelProto model_;
};

TEST(Onnx, what_is_written_reads_back_to_the_same_network_and_bytes) {
  for (const char* architecture : {"resnet-small", "resnet18", "resnet50"}) {
    RandomStream random(1, "test");
    const Graph graph = build_network(architecture, {"a", "b"}, imagenet_preprocessing(3, 64, 96), random);
    const std::string bytes = to_onnx(graph);
    const Graph again = parse_onnx(bytes, "x");
    EXPECT_EQ(again.tensors, graph.tensors) << architecture;
    EXPECT_EQ(again.tensor_order, graph.tensor_order);
    EXPECT_EQ(again.classes, graph.classes);
    EXPECT_EQ(again.preprocessing, graph.preprocessing);
    EXPECT_EQ(to_onnx(again), bytes);
  }
}

TEST(Onnx, names_of_any_script_and_other_metadata_are_kept) {
  Graph graph = small_network();
  graph.metadata["made by"] = "somebody";
  const Graph again = parse_onnx(to_onnx(graph), "x");
  EXPECT_EQ(again.classes, graph.classes);
  EXPECT_EQ(again.metadata.at("made by"), "somebody");
}

TEST(Onnx, every_operator_survives) {
  OnnxFile file;
  OnnxFile::integers(file.node("MaxPool", {"features"}, "m"), "kernel_shape", {1, 1});
  OnnxFile::integers(file.node("AveragePool", {"features"}, "a"), "kernel_shape", {1, 1});
  file.node("Relu", {"m"}, "r");
  file.weight("low", {}).set_float_data(0, -1);
  file.weight("high", {}).set_float_data(0, 6);
  file.node("Clip", {"a", "low", "high"}, "c");
  file.node("Add", {"r", "c"}, "s");
  file.node("Sigmoid", {"s"}, "g");
  file.node("Mul", {"s", "g"}, "x");
  file.node("HardSwish", {"x"}, "hs");
  file.node("HardSigmoid", {"hs"}, "hg");
  file.integer_tensor("pads", {0, 0, 1, 2, 0, 0, 3, 4});
  file.node("Pad", {"hg", "pads"}, "p");
  OnnxFile::integer(file.node("Concat", {"p", "p"}, "j"), "axis", 1);
  file.weight("w2", {4, 8, 1, 1});
  file.weight("b2", {4});
  file.node("Conv", {"j", "w2", "b2"}, "k");
  for (const char* name : {"scale", "shift", "mean", "variance"}) {
    file.weight(name, {4});
  }
  file.node("BatchNormalization", {"k", "scale", "shift", "mean", "variance"}, "n");
  const Graph graph = file.end_in_linear("n").read();
  const Graph again = parse_onnx(to_onnx(graph), "x");
  EXPECT_EQ(to_onnx(again), to_onnx(graph));
  EXPECT_EQ(again.nodes.size(), 17U);
  EXPECT_EQ(std::get<HardSigmoid>(again.producer("hg")->operation).alpha, 0.2F);  // ONNX's own
  EXPECT_EQ(std::get<Pad>(again.producer("p")->operation).pads, (std::array<std::int64_t, 4>{1, 2, 3, 4}));
  EXPECT_EQ(std::get<Clip>(again.producer("c")->operation).high, 6);
  EXPECT_EQ(std::get<Clip>(again.producer("c")->operation).low, -1);
}

TEST(Onnx, what_changes_nothing_is_folded_away) {
  OnnxFile file;
  file.node("Identity", {"features"}, "same");
  file.node("Dropout", {"same"}, "dropped");
  onnx::NodeProto& mean = file.node("ReduceMean", {"dropped"}, "flat");
  OnnxFile::integers(mean, "axes", {-1, -2});
  OnnxFile::integer(mean, "keepdims", 0);
  file.weight("fc", {4, 3});
  file.node("Identity", {"fc"}, "fc again");
  file.node("MatMul", {"flat", "fc again"}, "product");
  file.weight("bias", {3});
  file.node("Add", {"bias", "product"}, "logits");
  const Graph graph = file.read();
  ASSERT_EQ(graph.nodes.size(), 4U);  // Conv, GlobalAveragePool, Flatten, Gemm
  EXPECT_EQ(graph.nodes[3].inputs.size(), 3U);
  const Tensor& weight = graph.tensor(graph.nodes[3].inputs[1]);
  EXPECT_EQ(weight.shape, (Shape{3, 4}));
  EXPECT_EQ(weight.values[1], 3);  // [0][1] of the transposed is [1][0] of the file's
}

TEST(Onnx, weights_that_pytorch_wrote_once_for_being_equal_stay_apart) {
  OnnxFile file;
  file.node("GlobalAveragePool", {"features"}, "pooled");
  file.node("Flatten", {"pooled"}, "flat");
  file.weight("first", {3, 3});
  file.node("Identity", {"first"}, "second");
  for (const auto& [weight, in, out] :
       {std::tuple("first", "flat", "hidden"), std::tuple("second", "hidden", "logits")}) {
    OnnxFile::integer(file.node("Gemm", {in, weight}, out), "transB", 1);
  }
  const Graph graph = file.read();
  EXPECT_EQ(graph.tensor("first"), graph.tensor("second"));
  EXPECT_EQ(graph.nodes.back().inputs[1], "second");
}

TEST(Onnx, a_reshape_by_a_constant_is_a_flatten) {
  OnnxFile file;
  file.node("GlobalAveragePool", {"features"}, "pooled");
  onnx::NodeProto& constant = file.node("Constant", {}, "shape");
  onnx::AttributeProto& value = *constant.add_attribute();
  value.set_name("value");
  value.mutable_t()->set_data_type(onnx::TensorProto::INT64);
  value.mutable_t()->add_dims(2);
  value.mutable_t()->add_int64_data(0);
  value.mutable_t()->add_int64_data(-1);
  file.node("Reshape", {"pooled", "shape"}, "flat");
  file.weight("fc", {3, 4});
  OnnxFile::integer(file.node("Gemm", {"flat", "fc"}, "logits"), "transB", 1);
  EXPECT_TRUE(std::holds_alternative<Flatten>(file.read().producer("flat")->operation));
}

TEST(Onnx, an_operator_that_is_not_held_is_named_with_its_node) {
  OnnxFile file;
  file.node("Softmax", {"features"}, "logits");
  EXPECT_THAT(file.error(),
              HasSubstr("the operator 'Softmax' is not held: file.onnx, node 'Softmax of the test' (Softmax)"));
  OnnxFile other;
  other.first_node().set_domain("com.microsoft");
  EXPECT_THAT(other.error(), HasSubstr("is not held"));
}

TEST(Onnx, attributes_that_would_be_passed_over_are_refused) {
  OnnxFile automatic;
  onnx::AttributeProto& attribute = *automatic.first_node().add_attribute();
  attribute.set_name("auto_pad");
  attribute.set_type(onnx::AttributeProto::STRING);
  attribute.set_s("SAME");
  EXPECT_THAT(automatic.error(), HasSubstr("auto_pad 'SAME'"));
  OnnxFile unknown;
  OnnxFile::integer(unknown.first_node(), "surprise", 1);
  EXPECT_THAT(unknown.error(), HasSubstr("'surprise'"));
  OnnxFile strides;
  OnnxFile::integers(strides.first_node(), "strides", {0, 1});
  EXPECT_THAT(strides.error(), HasSubstr("'strides'"));
  OnnxFile pads;
  OnnxFile::integers(pads.first_node(), "pads", {-1, 0, 0, 0});
  EXPECT_THAT(pads.error(), HasSubstr("'pads'"));
  OnnxFile groups;
  OnnxFile::integer(groups.first_node(), "group", 0);
  EXPECT_THAT(groups.error(), HasSubstr("0 groups"));
}

TEST(Onnx, a_broken_graph_is_named_by_node) {
  OnnxFile cycle;
  cycle.node("Add", {"features", "later"}, "sooner");
  cycle.node("Relu", {"sooner"}, "later");
  EXPECT_THAT(cycle.error(), HasSubstr("'later' (missing, out of order, or a cycle)"));
  OnnxFile twice;
  twice.node("Relu", {"features"}, "features");
  EXPECT_THAT(twice.error(), HasSubstr("'features' is made twice"));
  OnnxFile weight_twice;
  weight_twice.weight("w", {1});
  EXPECT_THAT(weight_twice.error(), HasSubstr("'w' is there twice"));
  OnnxFile no_weight;
  no_weight.node("Conv", {"features", "features"}, "x");
  EXPECT_THAT(no_weight.error(), HasSubstr("not a weight in the file"));
  OnnxFile outputs;
  outputs.model().mutable_graph()->add_output()->set_name("features");
  EXPECT_THAT(outputs.error(), HasSubstr("2 outputs"));
  OnnxFile unmade;
  EXPECT_THAT(unmade.error(), HasSubstr("no node makes the output"));
}

TEST(Onnx, hostile_weights_are_refused_before_they_are_held) {
  const auto error_with = [](const std::function<void(onnx::TensorProto&)>& change) {
    OnnxFile file;
    file.end_in_linear();
    change(file.first_weight());
    return file.error();
  };
  EXPECT_EQ(error_with([](onnx::TensorProto&) {}), "");
  EXPECT_THAT(error_with([](onnx::TensorProto& w) { w.set_dims(0, std::int64_t{1} << 62); }), HasSubstr("overflows"));
  EXPECT_THAT(error_with([](onnx::TensorProto& w) { w.set_dims(0, 1'000'000); }), HasSubstr("has 72"));
  EXPECT_THAT(error_with([](onnx::TensorProto& w) { w.set_dims(0, -4); }), HasSubstr("length of -4"));
  EXPECT_THAT(error_with([](onnx::TensorProto& w) { w.set_float_data(0, NAN); }), HasSubstr("not a finite number"));
  EXPECT_THAT(error_with([](onnx::TensorProto& w) { w.set_float_data(0, INFINITY); }),
              HasSubstr("not a finite number"));
  EXPECT_THAT(error_with([](onnx::TensorProto& w) { w.set_raw_data("1234"); }), HasSubstr("has 4 bytes"));
  EXPECT_THAT(error_with([](onnx::TensorProto& w) { w.set_data_type(onnx::TensorProto::FLOAT16); }),
              HasSubstr("not float32 but FLOAT16"));
  EXPECT_THAT(error_with([](onnx::TensorProto& w) { w.set_data_location(onnx::TensorProto::EXTERNAL); }),
              HasSubstr("outside the file"));
}

TEST(Onnx, opsets_and_files_that_cannot_be_read_are_refused) {
  OnnxFile file;
  file.end_in_linear();
  for (const std::int64_t opset : {7, 18}) {
    file.model().mutable_opset_import(0)->set_version(opset);
    EXPECT_THAT(file.error(), HasSubstr(fmt::format("opset {}", opset)));
  }
  EXPECT_THROW(parse_onnx("no protobuf at all", "x"), InputError);
  EXPECT_THROW(parse_onnx("", "x"), InputError);
  const std::string bytes = to_onnx(small_network());
  EXPECT_THROW(parse_onnx(bytes.substr(0, bytes.size() / 2), "x"), InputError);
}

TEST(Onnx, metadata_that_cannot_be_read_is_named) {
  const auto error_with = [](const std::string& key, const std::string& value) {
    OnnxFile file;
    file.end_in_linear();
    onnx::StringStringEntryProto& entry = *file.model().add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
    return file.error();
  };
  EXPECT_THAT(error_with("niwaki.classes", "[1, 2, 3]"), HasSubstr("niwaki.classes"));
  EXPECT_THAT(error_with("niwaki.classes", "Edema"), HasSubstr("niwaki.classes"));
  EXPECT_THAT(error_with("niwaki.classes", "[\"a\"]"), HasSubstr("1 class names for 3 outputs"));
  EXPECT_THAT(error_with("niwaki.height", "64"), HasSubstr("is missing beside"));
  EXPECT_EQ(error_with("author", "x"), "");
}

class OnnxOnDisk : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_ = fs::temp_directory_path() / fmt::format("niwaki-onnx-{}", ::getpid());
};

TEST_F(OnnxOnDisk, packed_and_plain_are_the_same_network) {
  const Graph graph = small_network();
  write_onnx(graph, folder_ / "a.onnx");
  write_onnx(graph, folder_ / "a.onnx.zst");
  EXPECT_EQ(read_onnx(folder_ / "a.onnx").tensors, read_onnx(folder_ / "a.onnx.zst").tensors);
  EXPECT_LT(fs::file_size(folder_ / "a.onnx.zst"), fs::file_size(folder_ / "a.onnx"));
}

TEST_F(OnnxOnDisk, broken_packing_is_refused) {
  write_onnx(small_network(), folder_ / "a.onnx.zst");
  const std::string bytes = read_file(folder_ / "a.onnx.zst");
  write_file(folder_ / "half.onnx.zst", bytes.substr(0, bytes.size() / 2));
  EXPECT_THROW(read_onnx(folder_ / "half.onnx.zst"), InputError);
  write_file(folder_ / "no.onnx.zst", "no zstd");
  EXPECT_THROW(read_onnx(folder_ / "no.onnx.zst"), InputError);
  std::string flipped = bytes;
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 1);
  write_file(folder_ / "flipped.onnx.zst", flipped);
  EXPECT_THROW(read_onnx(folder_ / "flipped.onnx.zst"), InputError);
}

/// How many bytes a source gives.
std::size_t drained(const ByteSource& source) {
  std::string block(100'000, ' ');
  std::size_t size = 0;
  while (const std::size_t more = source(block.data(), block.size())) {
    size += more;
  }
  return size;
}

TEST(Zstd, a_bomb_is_refused) {
  const std::string bomb = zstd_packed(fmt::format("{:x>50000000}", ""));
  EXPECT_LT(bomb.size(), 10'000U);
  const auto unpacked = [&](std::size_t limit) {
    return drained(guarded_source(zstd_unpacked(memory_source(bomb), "bomb"), "bomb", limit));
  };
  EXPECT_THROW(unpacked(1'000'000), InputError);
  EXPECT_EQ(unpacked(50'000'000), 50'000'000U);
}

TEST_F(OnnxOnDisk, a_small_file_that_would_fill_the_memory_is_refused) {
  // A graph of 40 million nodes, each of two bytes; as protobuf messages they would take 6 GB.
  std::string graph;
  for (int i = 0; i < 40'000'000; ++i) {
    graph += std::string_view("\x0A\x00", 2);
  }
  std::string length;
  for (std::size_t left = graph.size(); left > 0; left >>= 7) {
    length += static_cast<char>((left & 0x7F) | (left >> 7 > 0 ? 0x80 : 0));
  }
  write_file(folder_ / "bomb.onnx.zst", zstd_packed("\x3A" + length + graph));
  EXPECT_LT(fs::file_size(folder_ / "bomb.onnx.zst"), 20'000U);
  try {
    read_onnx(folder_ / "bomb.onnx.zst");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("far more memory"));
  }
}

/// Bytes of memory by this field of /proc/self/status.
std::size_t memory(const std::string& field) {
  std::ifstream status("/proc/self/status");
  std::string word;
  std::size_t kilobytes = 0;
  while (status >> word && word != field + ":") {
  }
  status >> kilobytes;
  return kilobytes * 1024;
}

TEST_F(OnnxOnDisk, weights_are_held_once_while_they_are_read) {
  Graph graph;
  std::string value = graph.input;
  for (int i = 0; i < 20; ++i) {
    const std::string name = fmt::format("w{}", i);
    graph.add_tensor(name, {{512, 512, 3, 3}, std::vector<float>(512 * 512 * 9, 0.5F)});
    graph.nodes.push_back({name, Convolution{}, {value, name}, name + ".out"});
    value = name + ".out";
  }
  graph.output = value;
  const std::size_t bytes = std::size_t{20} * 512 * 512 * 9 * 4;
  write_onnx(graph, folder_ / "large.onnx");
  write_onnx(graph, folder_ / "large.onnx.zst");
  for (const char* name : {"large.onnx", "large.onnx.zst"}) {
    std::ofstream("/proc/self/clear_refs") << "5";
    const std::size_t before = memory("VmHWM");
    if (before > memory("VmRSS") + bytes / 20) {
      GTEST_SKIP() << "the peak of memory cannot be reset here";
    }
    const Graph again = read_onnx(folder_ / name);
    EXPECT_LT(memory("VmHWM"), before + bytes + bytes / 8) << name;
    EXPECT_EQ(again.tensors.size(), 20U);
  }
}

}  // namespace
}  // namespace niwaki
