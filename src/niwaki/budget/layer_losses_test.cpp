#include "niwaki/budget/layer_losses.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/random.hpp"
#include "niwaki/model/zoo/zoo.hpp"
#include "niwaki/prune/criterion.hpp"

namespace niwaki {
namespace {

using testing::ElementsAre;

constexpr Label kYes = Label::kPositive;
constexpr Label kNo = Label::kNegative;
constexpr Label kOpen = Label::kUnknown;

std::vector<double> losses(const std::vector<float>& dense, const std::vector<float>& pruned,
                           const std::vector<Label>& labels, std::size_t classes = 1) {
  const std::size_t rows = labels.size() / classes;
  return class_losses({dense.data(), rows, classes}, {pruned.data(), rows, classes}, {labels.data(), rows, classes});
}

TEST(ClassLosses, positives_and_others_weigh_the_same) {
  // Differences 2 (the only positive), 1, 0, 1: (4 + 2/3) / 2; dense variance 2.
  EXPECT_THAT(losses({0, 2, 0, 4}, {2, 3, 0, 3}, {kYes, kNo, kNo, kNo}),
              ElementsAre(testing::DoubleNear((4 + 2.0 / 3) / 2 / 2.75, 1e-12)));
}

TEST(ClassLosses, an_unknown_label_counts_for_nothing) {
  EXPECT_EQ(losses({0, 2, 4}, {1, 2, 400}, {kYes, kNo, kOpen}), losses({0, 2, 4}, {1, 2, 4}, {kYes, kNo, kOpen}));
}

TEST(ClassLosses, a_class_without_a_positive_goes_by_the_others) {
  EXPECT_THAT(losses({0, 2}, {1, 2}, {kNo, kNo}), ElementsAre(0.5));
}

TEST(ClassLosses, a_class_whose_logits_never_vary_has_no_variance_to_divide_by) {
  EXPECT_THAT(losses({1, 1}, {1, 1}, {kNo, kYes}), ElementsAre(0.0));
  EXPECT_THAT(losses({1, 1}, {2, 2}, {kNo, kYes}), ElementsAre(1.0));
}

TEST(ClassLosses, each_class_has_its_own) {
  const std::vector<double> both = losses({0, 0, 2, 4}, {1, 0, 2, 2}, {kYes, kNo, kNo, kYes}, 2);
  EXPECT_THAT(both, ElementsAre(losses({0, 2}, {1, 2}, {kYes, kNo})[0], losses({0, 4}, {0, 2}, {kNo, kYes})[0]));
}

struct Example {
  Graph graph;
  std::vector<float> pixels;
  std::vector<Label> labels;
  Shape shape = {6, 1, 32, 32};

  Example() {
    RandomStream random(1, "layer losses");
    graph = build_network("resnet-small", {"a", "b"}, imagenet_preprocessing(1, 32, 32), random);
    pixels.resize(6 * 32 * 32);
    for (float& value : pixels) {
      value = static_cast<float>(random.normal());
    }
    labels = {kYes, kNo, kNo, kYes, kNo, kNo, kNo, kNo, kOpen, kNo, kYes, kNo};
  }
  [[nodiscard]] LabelledPictures pictures() const { return {pixels, shape, {labels.data(), 6, 2}}; }
  [[nodiscard]] std::vector<std::vector<float>> importance() const {
    RandomStream random(1, "importance");
    return make_criterion("l1")->importance({graph, random});
  }
};

TEST(LayerLosses, each_layer_is_pruned_alone) {
  const Example example;
  const std::vector<double> sparsities = {0, 0.5, 0.9};
  std::size_t runs = 0;
  const auto found = layer_losses(example.graph, example.importance(), sparsities, example.pictures(), [&] { ++runs; });
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
    return layer_losses(example.graph, example.importance(), sparsities, example.pictures(), [] {});
  };
  EXPECT_EQ(run(), run());
}

}  // namespace
}  // namespace niwaki
