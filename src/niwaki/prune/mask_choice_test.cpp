#include "niwaki/prune/mask_choice.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<Shape> kShapes = {{6, 2, 3, 3}, {12, 6, 1, 1}, {4, 12}};
const char* const kNames[] = {"w0", "w1", "w2"};

Graph three_layers() {
  Graph graph;
  std::string input = "input";
  for (std::size_t i = 0; i < kShapes.size(); ++i) {
    const auto size = std::accumulate(kShapes[i].begin(), kShapes[i].end(), std::int64_t{1}, std::multiplies<>());
    graph.add_tensor(kNames[i], {kShapes[i], std::vector<float>(static_cast<std::size_t>(size), 1.0F)});
    const std::string output = "value" + std::to_string(i);
    Operation operation = Convolution{};
    if (i == 2) {
      graph.nodes.push_back({"flat", Flatten{}, {input}, "flattened"});
      input = "flattened";
      operation = Linear{};
    }
    graph.nodes.push_back({"layer" + std::to_string(i), operation, {input, kNames[i]}, output});
    input = output;
  }
  graph.output = input;
  return graph;
}

Importance random_importance(const Graph& graph, RandomStream& random) {
  Importance scores;
  for (const PrunableLayer& layer : prunable_layers(graph)) {
    for (float& score : scores.emplace_back(graph.tensor(layer.tensor).size())) {
      score = static_cast<float>(random.below(30));  // with ties
    }
  }
  return scores;
}

LockedWeights random_locks(const Importance& importance, double share, RandomStream& random) {
  LockedWeights locked;
  for (const std::vector<float>& layer : importance) {
    for (std::uint8_t& lock : locked.emplace_back(layer.size())) {
      lock = random.chance(share) ? 1 : 0;
    }
  }
  return locked;
}

/// Sorts the free weights of [begin, end) by (importance, place) and drops the first `count`.
void plain_prune(const std::vector<float>& scores, const std::vector<std::uint8_t>& locked, std::size_t begin,
                 std::size_t end, std::size_t count, std::vector<std::uint8_t>& kept) {
  std::vector<std::size_t> free;
  for (std::size_t i = begin; i < end; ++i) {
    if (locked[i] == 0) {
      free.push_back(i);
    }
  }
  std::stable_sort(free.begin(), free.end(), [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
  for (std::size_t i = 0; i < count; ++i) {
    kept[free[i]] = 0;
  }
}

std::size_t free_of(const std::vector<std::uint8_t>& locked, std::size_t begin, std::size_t end) {
  std::size_t free = 0;
  for (std::size_t i = begin; i < end; ++i) {
    free += locked[i] == 0 ? 1 : 0;
  }
  return free;
}

/// Pieces of `piece` weights of each layer lose the same share of what is free.
void expect_plain_pieces(const Mask& mask, const Importance& importance, const LockedWeights& locked, double share,
                         bool rows) {
  for (std::size_t layer = 0; layer < importance.size(); ++layer) {
    const std::size_t size = importance[layer].size();
    const std::size_t piece = rows ? size / static_cast<std::size_t>(kShapes[layer][0]) : size;
    std::vector<std::uint8_t> kept(size, 1);
    for (std::size_t begin = 0; begin < size; begin += piece) {
      const std::size_t free = free_of(locked[layer], begin, begin + piece);
      plain_prune(importance[layer], locked[layer], begin, begin + piece, weights_to_prune(share, free), kept);
    }
    EXPECT_EQ(mask.at(kNames[layer]), kept);
  }
}

TEST(ChooseMask, by_layer_and_by_row_is_plain_sorting_in_each) {
  const Graph graph = three_layers();
  RandomStream random(1, "test");
  for (int round = 0; round < 20; ++round) {
    const Importance importance = random_importance(graph, random);
    const LockedWeights none = random_locks(importance, 0, random);
    const double sparsity = random.uniform();
    expect_plain_pieces(choose_mask(graph, importance, sparsity, Competition::kLayer, none), importance, none, sparsity,
                        false);
    expect_plain_pieces(choose_mask(graph, importance, sparsity, Competition::kRow, none), importance, none, sparsity,
                        true);
  }
}

TEST(ChooseMask, what_is_locked_stays_and_the_rest_makes_up_for_it) {
  const Graph graph = three_layers();
  RandomStream random(2, "test");
  for (int round = 0; round < 20; ++round) {
    const Importance importance = random_importance(graph, random);
    const LockedWeights locked = random_locks(importance, 0.2, random);
    std::vector<float> scores;
    std::vector<std::uint8_t> locks;
    for (std::size_t layer = 0; layer < importance.size(); ++layer) {
      scores.insert(scores.end(), importance[layer].begin(), importance[layer].end());
      locks.insert(locks.end(), locked[layer].begin(), locked[layer].end());
    }
    const std::size_t count = weights_to_prune(0.6, scores.size());
    const double share = static_cast<double>(count) / static_cast<double>(free_of(locks, 0, locks.size()));
    expect_plain_pieces(choose_mask(graph, importance, 0.6, Competition::kLayer, locked), importance, locked, share,
                        false);
    std::vector<std::uint8_t> kept(scores.size(), 1);
    plain_prune(scores, locks, 0, scores.size(), count, kept);
    const Mask mask = choose_mask(graph, importance, 0.6, Competition::kNetwork, locked);
    std::vector<std::uint8_t> all;
    for (const char* name : kNames) {
      all.insert(all.end(), mask.at(name).begin(), mask.at(name).end());
    }
    EXPECT_EQ(all, kept);
  }
}

TEST(ChooseMask, more_than_is_free_is_refused_and_the_largest_sparsity_said) {
  const Graph graph = three_layers();
  RandomStream random(3, "test");
  const Importance importance = random_importance(graph, random);
  LockedWeights locked = random_locks(importance, 0, random);
  std::ranges::fill(locked[0], std::uint8_t{1});  // 108 of 228
  for (const Competition competition :
       {Competition::kNetwork, Competition::kLayer, Competition::kRow, Competition::kErdosRenyiKernel}) {
    try {
      choose_mask(graph, importance, 0.6, competition, locked);
      FAIL();
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr("sparsity 0.6 cannot be reached: 108 of 228 weights are protected"));
      EXPECT_THAT(error.what(), HasSubstr("a sparsity of 0.5263 at most"));
    }
    const Mask mask = choose_mask(graph, importance, 0.5263, competition, locked);
    EXPECT_EQ(std::ranges::count(mask.at("w0"), 0), 0);
    EXPECT_EQ(std::ranges::count(mask.at("w1"), 0) + std::ranges::count(mask.at("w2"), 0), 120);
  }
}

/// Evci et al. as they write it: find layers that must stay dense, one at a time, then share the rest.
std::vector<double> plain_erdos_renyi(const std::vector<Shape>& shapes, double kept) {
  std::vector<bool> dense(shapes.size(), false);
  const auto size = [&](std::size_t i) {
    return static_cast<double>(
        std::accumulate(shapes[i].begin(), shapes[i].end(), std::int64_t{1}, std::multiplies<>()));
  };
  const auto raw = [&](std::size_t i) {
    return static_cast<double>(std::accumulate(shapes[i].begin(), shapes[i].end(), std::int64_t{0})) / size(i);
  };
  while (true) {
    double left = kept;
    double divisor = 0;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      left -= dense[i] ? size(i) : 0;
      divisor += dense[i] ? 0 : raw(i) * size(i);
    }
    const double scale = left / divisor;
    std::size_t worst = shapes.size();
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      if (!dense[i] && scale * raw(i) > 1 && (worst == shapes.size() || raw(i) > raw(worst))) {
        worst = i;
      }
    }
    if (worst == shapes.size()) {
      std::vector<double> result;
      for (std::size_t i = 0; i < shapes.size(); ++i) {
        result.push_back(dense[i] ? size(i) : scale * raw(i) * size(i));
      }
      return result;
    }
    dense[worst] = true;
  }
}

TEST(ErdosRenyiKernel, is_the_published_procedure) {
  const std::vector<Shape> shapes = {{64, 3, 7, 7}, {64, 64, 3, 3}, {128, 64, 3, 3}, {128, 64, 1, 1}, {20, 128}};
  std::vector<LayerSize> sizes;
  double total = 0;
  for (const Shape& shape : shapes) {
    sizes.push_back({shape, 0});
    total += static_cast<double>(std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>()));
  }
  for (const double sparsity : {0.1, 0.5, 0.8, 0.9, 0.99}) {
    const double kept = (1 - sparsity) * total;
    const std::vector<double> ours = erdos_renyi_kernel_kept(sizes, kept);
    const std::vector<double> published = plain_erdos_renyi(shapes, kept);
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      EXPECT_NEAR(ours[i], published[i], 1e-6 * published[i]) << sparsity << ", layer " << i;
    }
    EXPECT_NEAR(std::accumulate(ours.begin(), ours.end(), 0.0), kept, 1e-6 * kept);
  }
}

TEST(ErdosRenyiKernel, ends_and_locks) {
  const std::vector<LayerSize> sizes = {{{10, 10}, 30}, {{5, 20}, 0}};
  EXPECT_THAT(erdos_renyi_kernel_kept(sizes, 200), ElementsAre(DoubleNear(100, 1e-9), DoubleNear(100, 1e-9)));
  const std::vector<double> least = erdos_renyi_kernel_kept(sizes, 30);
  EXPECT_NEAR(least[0], 30, 1e-9);
  EXPECT_NEAR(least[1], 0, 1e-9);
  const std::vector<double> some = erdos_renyi_kernel_kept(sizes, 40);
  EXPECT_NEAR(some[0], 30, 1e-9);
  EXPECT_NEAR(some[1], 10, 1e-9);
}

}  // namespace
}  // namespace niwaki
