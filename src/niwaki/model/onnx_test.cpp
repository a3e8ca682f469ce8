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
#include "niwaki/model/onnx_file_for_tests.hpp"
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
    EXPECT_LT(memory("VmHWM"), before + bytes + bytes / 16) << name;
    EXPECT_EQ(again.tensors.size(), 20U);
  }
}

}  // namespace
}  // namespace niwaki
