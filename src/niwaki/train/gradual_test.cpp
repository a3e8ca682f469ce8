#include "niwaki/train/gradual.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/prune/criterion.hpp"
#include "niwaki/train/test_networks.hpp"

namespace niwaki {
namespace {

using namespace testing_networks;

TEST(CubicSparsity, goes_as_zhu_and_gupta_have_it) {
  EXPECT_DOUBLE_EQ(cubic_sparsity(0.8, 1, 4), 0.8 - 0.8 * 0.75 * 0.75 * 0.75);
  EXPECT_DOUBLE_EQ(cubic_sparsity(0.8, 2, 4), 0.7);
  EXPECT_EQ(cubic_sparsity(0.9, 3, 3), 0.9);  // to the last bit
  EXPECT_EQ(cubic_sparsity(0.9, 1, 1), 0.9);
  EXPECT_THROW(cubic_sparsity(0.9, 4, 3), BrokenInvariant);
}

/// Networks that a gradual pruning went through.
struct Walk {
  std::vector<Graph> pruned;
  GradualResult result;
};

Walk walk(const std::string& criterion, double sparsity, const GradualOptions& gradual) {
  const HalvesSource pictures(24, 12, 3);
  const LabelledImages images{&pictures, {pictures.labels().data(), pictures.size(), 2}};
  Walk walk;
  const PruneTo prune = [&](const Graph& network, double to) {
    walk.pruned.push_back(pruned(network, criterion, to, RandomStream(1, "prune/" + criterion)));
    return walk.pruned.back();
  };
  SilentProgress silent;
  walk.result = gradually_pruned(small_network(2), sparsity, prune, images, gradual,
                                 {.epochs = 2, .learning_rate = 0.02, .batch = 8, .device = "cpu"}, silent);
  return walk;
}

TEST(GraduallyPruned, masks_are_nested_and_the_last_sparsity_is_exact) {
  for (const char* criterion : {"l1", "random"}) {
    const Walk found = walk(criterion, 0.83, {.steps = 5, .epochs = 1});
    ASSERT_EQ(found.result.steps.size(), 5U);
    const SparsityReport last = measure_sparsity(found.result.network);
    EXPECT_EQ(last.weights() - last.nonzero(), weights_to_prune(0.83, last.weights())) << criterion;
    EXPECT_EQ(found.result.steps.back().nominal_sparsity, 0.83);
    for (std::size_t k = 0; k < 5; ++k) {
      const SparsityReport report = measure_sparsity(found.pruned[k]);
      const double nominal = found.result.steps[k].nominal_sparsity;
      EXPECT_EQ(report.weights() - report.nonzero(), weights_to_prune(nominal, report.weights())) << criterion << k;
      EXPECT_EQ(found.result.steps[k].actual_sparsity, report.sparsity());
    }
    for (const auto& [name, kept] : mask_of_zeros(found.result.network)) {
      const Mask first = mask_of_zeros(found.pruned.front());
      for (std::size_t i = 0; i < kept.size(); ++i) {
        EXPECT_TRUE(first.at(name)[i] != 0 || kept[i] == 0);
      }
    }
  }
}

TEST(GraduallyPruned, fine_tunes_between_steps_and_longer_after_the_last) {
  const Walk found = walk("l1", 0.5, {.steps = 3, .epochs = 1});
  EXPECT_EQ(found.result.steps[0].history.size(), 1U);
  EXPECT_EQ(found.result.steps[1].history.size(), 1U);
  EXPECT_EQ(found.result.steps[2].history.size(), 2U);
  EXPECT_EQ(epochs_in_all({.steps = 3, .epochs = 1}, {.epochs = 2}), 4U);
  // What stayed was trained before the next step looked at it.
  EXPECT_NE(found.pruned[1].tensor(prunable_layers(found.pruned[1]).back().tensor),
            pruned(found.pruned[0], "l1", found.result.steps[1].nominal_sparsity, RandomStream(1, "prune/l1"))
                .tensor(prunable_layers(found.pruned[1]).back().tensor));
  EXPECT_EQ(walk("l1", 0.5, {.steps = 3, .epochs = 1}).result.network.tensors, found.result.network.tensors);
}

TEST(GraduallyPruned, one_step_is_pruning_at_once_and_fine_tuning) {
  const Walk found = walk("l1", 0.5, {.steps = 1, .epochs = 7});
  ASSERT_EQ(found.pruned.size(), 1U);
  EXPECT_EQ(found.pruned[0].tensors, pruned(small_network(2), "l1", 0.5, RandomStream(1, "prune/l1")).tensors);
  EXPECT_EQ(found.result.steps[0].history.size(), 2U);
}

TEST(GraduallyPruned, a_weight_that_comes_back_is_a_broken_invariant) {
  const HalvesSource pictures(24, 12, 3);
  const LabelledImages images{&pictures, {pictures.labels().data(), pictures.size(), 2}};
  SilentProgress silent;
  const PruneTo forgetful = [](const Graph& /*network*/, double to) {
    return pruned(small_network(2), "random", to, RandomStream(static_cast<std::uint64_t>(to * 100), "other"));
  };
  EXPECT_THROW(gradually_pruned(small_network(2), 0.5, forgetful, images, {.steps = 2, .epochs = 0},
                                {.epochs = 0, .device = "cpu"}, silent),
               BrokenInvariant);
}

TEST(GradualOptions, what_is_out_of_range_is_named) {
  for (const std::size_t steps : {0, 101}) {
    try {
      GradualOptions{.steps = steps}.check();
      FAIL();
    } catch (const InputError& error) {
      EXPECT_EQ(error.where(), "gradual.steps");
    }
  }
}

}  // namespace
}  // namespace niwaki
