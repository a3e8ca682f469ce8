#include "niwaki/budget/layer_losses.hpp"

#include <algorithm>
#include <limits>

#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/model/zoo/zoo.hpp"
#include "niwaki/predict/predictor.hpp"
#include "niwaki/prune/criterion.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kImages = 24;

struct Example {
  Graph graph;
  std::vector<float> pixels;
  std::vector<Label> labels;
  Shape shape = {kImages, 1, 32, 32};

  Example() {
    RandomStream random(1, "layer losses");
    graph = build_network("resnet-small", {"a", "b"}, imagenet_preprocessing(1, 32, 32), random);
    pixels.resize(kImages * 32 * 32);
    for (float& value : pixels) {
      value = static_cast<float>(random.normal());
    }
    // The third of the pictures that the network gives the highest logits, so that each other order loses something.
    const std::vector<float> logits = Predictor(graph, {}).logits(pixels, shape);
    for (std::size_t i = 0; i < kImages; ++i) {
      for (std::size_t c = 0; c < 2; ++c) {
        std::size_t above = 0;
        for (std::size_t other = 0; other < kImages; ++other) {
          above += logits[2 * other + c] > logits[2 * i + c] ? 1 : 0;
        }
        labels.push_back(above < kImages / 3 ? Label::kPositive : Label::kNegative);
      }
    }
  }
  [[nodiscard]] LabelledPictures pictures() const { return {pixels, shape, {labels.data(), kImages, 2}}; }
  [[nodiscard]] std::vector<std::vector<float>> importance() const {
    RandomStream random(1, "importance");
    return make_criterion("l1")->importance({graph, random});
  }
};

TEST(LayerLosses, each_layer_is_pruned_alone) {
  const Example example;
  const std::vector<double> sparsities = {0, 0.5, 0.9};
  std::size_t runs = 0;
  const auto found = layer_losses(example.graph, example.importance(), sparsities,
                                  LossMeter(example.graph, example.pictures()), [&] { ++runs; });
  const std::size_t layers = prunable_layers(example.graph).size();
  ASSERT_EQ(found.size(), layers);
  EXPECT_EQ(runs, 2 * layers);
  EXPECT_EQ(runs, networks_run(example.graph, sparsities));
  for (const auto& layer : found) {
    ASSERT_EQ(layer.size(), sparsities.size());
    EXPECT_EQ(layer[0], std::vector<double>(2, 0.0));
    EXPECT_GT(*std::ranges::max_element(layer[2]), 0);
  }
  // More weights gone, more lost: over all layers together, single ones may differ.
  double half = 0;
  double most = 0;
  for (const auto& layer : found) {
    half += layer[1][0];
    most += layer[2][0];
  }
  EXPECT_LT(half, most);
}

TEST(LayerLosses, the_same_bits_again) {
  const Example example;
  const std::vector<double> sparsities = {0, 0.8};
  const auto run = [&] {
    return layer_losses(example.graph, example.importance(), sparsities, LossMeter(example.graph, example.pictures()),
                        [] {});
  };
  EXPECT_EQ(run(), run());
}

TEST(LossMeter, refuses_a_network_that_gives_what_is_no_number) {
  Example example;
  example.pixels[7] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(LossMeter(example.graph, example.pictures()), InputError);
}

}  // namespace
}  // namespace niwaki
