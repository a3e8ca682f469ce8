#include "niwaki/budget/budget.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/model/zoo/zoo.hpp"
#include "niwaki/prune/criterion.hpp"

namespace niwaki {
namespace {

using testing::HasSubstr;

constexpr std::size_t kImages = 4;
constexpr std::int64_t kSide = 64;

struct Example {
  Graph graph;
  std::vector<float> pixels;
  std::vector<Label> labels;
  std::vector<std::vector<float>> importance;

  Example() {
    RandomStream random(1, "budget");
    graph = build_network("resnet18", {"a", "b"}, imagenet_preprocessing(1, kSide, kSide), random);
    pixels.resize(kImages * kSide * kSide);
    for (float& value : pixels) {
      value = static_cast<float>(random.normal());
    }
    labels = {Label::kPositive, Label::kNegative, Label::kNegative, Label::kPositive,
              Label::kNegative, Label::kNegative, Label::kNegative, Label::kNegative};
    importance = make_criterion("l1")->importance({graph, random});
  }
  [[nodiscard]] LabelledPictures pictures(std::size_t images = kImages) const {
    return {pixels, {static_cast<std::int64_t>(images), 1, kSide, kSide}, {labels.data(), images, 2}};
  }
};

/// Costs are measured once for all tests of this process.
std::string cost_file() {
  static const std::string path =
      (std::filesystem::path(testing::TempDir()) / fmt::format("budget_test_{}.csv", getpid())).string();
  return path;
}

SpeedOptions options(double speedup) {
  return {.speedup = speedup, .batch = 4, .sparsities = {0.8, 0.97}, .cost_file = cost_file()};
}

TEST(PruneToSpeed, the_network_is_pruned_as_its_layers_say) {
  const Example example;
  SilentProgress progress;
  const BudgetedNetwork found =
      prune_to_speed(example.graph, example.importance, example.pictures(), options(1.3), progress);
  EXPECT_GE(found.speedup(), 1.3);
  const SparsityReport report = measure_sparsity(found.network);
  ASSERT_EQ(report.layers.size(), found.layers.size());
  for (std::size_t i = 0; i < report.layers.size(); ++i) {
    EXPECT_EQ(report.layers[i].name, found.layers[i].node);
    EXPECT_NEAR(report.layers[i].sparsity(), found.layers[i].sparsity,
                1.0 / static_cast<double>(report.layers[i].weights))
        << found.layers[i].node;
  }
  EXPECT_EQ(found.class_losses.size(), 2);
}

TEST(PruneToSpeed, what_cannot_be_had_is_refused_with_what_can) {
  const Example example;
  SilentProgress progress;
  try {
    prune_to_speed(example.graph, example.importance, example.pictures(), options(900), progress);
    FAIL() << "a network 900 times as fast";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("900 times as fast"));
    EXPECT_THAT(error.what(), HasSubstr("the most that was reached is"));
  }
}

TEST(PruneToSpeed, bad_options_are_refused_by_name) {
  const Example example;
  SilentProgress progress;
  const auto refused = [&](const SpeedOptions& bad, const LabelledPictures& pictures, const char* why) {
    try {
      prune_to_speed(example.graph, example.importance, pictures, bad, progress);
      FAIL() << why;
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr(why));
    }
  };
  refused(options(1), example.pictures(), "1 is no speed-up");
  refused(options(0), example.pictures(), "0 is no speed-up");
  refused(options(2), example.pictures(0), "there is no picture");
  SpeedOptions falling = options(2);
  falling.sparsities = {0.9, 0.5};
  refused(falling, example.pictures(), "not rising");
  SpeedOptions empty = options(2);
  empty.batch = 0;
  refused(empty, example.pictures(), "a batch of no image");
}

}  // namespace
}  // namespace niwaki
