#include "niwaki/study/own_model/description.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/folder_for_tests.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/model/zoo/zoo.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename Act>
std::string error_of(const Act& act) {
  try {
    act();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

/// Of two outputs, saying nothing of itself.
Graph silent_network(bool sigmoid = false) {
  RandomStream random(1, "description_test");
  Graph graph = build_network("resnet-small", {"A", "B"}, imagenet_preprocessing(1, 32, 32), random);
  if (sigmoid) {
    graph.nodes.push_back({"last", Sigmoid{}, {graph.output}, "probabilities"});
    graph.output = "probabilities";
  }
  graph.classes.clear();
  graph.preprocessing.reset();
  return graph;
}

const ModelDescription kWhole = {
    .classes = {"A", "B"}, .height = 32, .width = 48, .mean = {0.5F}, .deviation = {0.25F}, .outputs = ""};

TEST(ModelDescription, what_nobody_says_is_listed_and_not_guessed) {
  const std::string error = error_of([] { described_model(silent_network(), {}, "net.onnx"); });
  EXPECT_THAT(error, HasSubstr("nobody says the network's classes, size, mean, deviation"));
  EXPECT_THAT(error, HasSubstr("net.toml"));
  EXPECT_THAT(error, HasSubstr("--classes, --size, --mean, --deviation"));
  ModelDescription unnamed = kWhole;
  unnamed.classes.clear();
  EXPECT_THAT(error_of([&] { described_model(silent_network(), unnamed, "net.onnx"); }),
              HasSubstr("nobody says the network's classes:"));
}

TEST(ModelDescription, completes_the_network_and_stands_over_its_file) {
  const DescribedModel model = described_model(silent_network(), kWhole, "net.onnx");
  EXPECT_THAT(model.graph.classes, ElementsAre("A", "B"));
  EXPECT_EQ(model.graph.preprocessing->height, 32U);
  EXPECT_EQ(model.graph.preprocessing->width, 48U);
  EXPECT_EQ(model.graph.preprocessing->channels, 1U);
  EXPECT_TRUE(model.notes.empty());
  Graph talking = silent_network();
  talking.classes = {"X", "Y"};
  talking.preprocessing = imagenet_preprocessing(1, 64, 64);
  EXPECT_THAT(described_model(talking, {}, "net.onnx").graph.classes, ElementsAre("X", "Y"));
  ModelDescription mean;
  mean.mean = {0.1F};
  const Preprocessing changed = *described_model(talking, mean, "net.onnx").graph.preprocessing;
  EXPECT_EQ(changed.mean.front(), 0.1F);
  EXPECT_EQ(changed.height, 64U);
}

TEST(ModelDescription, names_must_fit_the_outputs) {
  ModelDescription other = kWhole;
  other.classes = {"A", "B", "C"};
  EXPECT_THAT(error_of([&] { described_model(silent_network(), other, "net.onnx"); }),
              HasSubstr("3 class names for 2 outputs"));
  other.classes = {"Pleural_Thickening", "pleural thickening"};
  EXPECT_THAT(error_of([&] { described_model(silent_network(), other, "net.onnx"); }), HasSubstr("named twice"));
}

TEST(ModelDescription, a_sigmoid_at_the_end_is_taken_off_and_said) {
  const DescribedModel model = described_model(silent_network(true), kWhole, "net.onnx");
  EXPECT_FALSE(ends_in_sigmoid(model.graph));
  EXPECT_EQ(model.notes.size(), 1U);
  ModelDescription said = kWhole;
  said.outputs = "logits";
  EXPECT_THAT(error_of([&] { described_model(silent_network(true), said, "net.onnx"); }),
              HasSubstr("ends in a Sigmoid"));
  said.outputs = "probabilities";
  EXPECT_NO_THROW(described_model(silent_network(true), said, "net.onnx"));
  EXPECT_THAT(error_of([&] { described_model(silent_network(), said, "net.onnx"); }), HasSubstr("no Sigmoid"));
  said.outputs = "percent";
  EXPECT_THAT(error_of([&] { described_model(silent_network(), said, "net.onnx"); }), HasSubstr("no kind of output"));
}

struct SideCar : public ::testing::Test {
  ModelDescription read(const std::string& text) {
    write_file(folder / "model.toml", text);
    return read_side_car(folder / "model.toml");
  }
  FolderForTests folder{"side-car"};
};

TEST_F(SideCar, says_what_the_network_does_not) {
  const ModelDescription said =
      read("classes = [\"A\", \"B\"]\nsize = 64\nmean = [0.5]\ndeviation = [0.25]\noutputs = \"logits\"\n");
  EXPECT_THAT(said.classes, ElementsAre("A", "B"));
  EXPECT_EQ(said.height, 64U);
  EXPECT_EQ(said.outputs, "logits");
  ModelDescription option;
  option.height = 32;
  const ModelDescription both = combined(option, said);
  EXPECT_EQ(both.height, 32U);
  EXPECT_EQ(both.width, 64U);
  EXPECT_THAT(both.mean, ElementsAre(0.5F));
}

TEST_F(SideCar, what_is_wrong_in_it_is_named_by_line) {
  EXPECT_THAT(error_of([&] { read("size = 64\nclases = []\n"); }), HasSubstr("did you mean 'classes'"));
  EXPECT_THAT(error_of([&] { read("size = \"large\"\n"); }), HasSubstr("line 1"));
  EXPECT_THAT(error_of([&] { read("size = 0\n"); }), HasSubstr("wrong kind"));
  EXPECT_THAT(error_of([&] { read("mean = 0.5\n"); }), HasSubstr("wrong kind"));
  EXPECT_THAT(error_of([&] { read("mean = [\"a\"]\n"); }), HasSubstr("wrong kind"));
  EXPECT_THAT(error_of([&] { read("mean = [\n"); }), HasSubstr("not TOML"));
}

TEST(SideCarPath, lies_beside_the_network) {
  EXPECT_EQ(side_car_path("a/model.onnx"), fs::path("a/model.toml"));
  EXPECT_EQ(side_car_path("a/model.onnx.zst"), fs::path("a/model.toml"));
}

}  // namespace
}  // namespace niwaki
