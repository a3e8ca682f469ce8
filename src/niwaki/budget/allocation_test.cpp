#include "niwaki/budget/allocation.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

/// Layers whose levels take less and less time and cost the classes more and more, by chance.
std::vector<LayerLevels> random_layers(std::uint64_t seed, std::size_t layers, std::size_t levels,
                                       std::size_t classes) {
  RandomStream random(seed, "allocation");
  std::vector<LayerLevels> result(layers);
  for (LayerLevels& layer : result) {
    // Whole time steps, of a budget of kTimeSteps / 1000 seconds, so that nothing is lost by rounding.
    double seconds = static_cast<double>(400 + random.below(600)) / 1000;
    std::vector<double> losses(classes, 0);
    for (std::size_t level = 0; level < levels; ++level) {
      layer.seconds.push_back(seconds);
      layer.losses.push_back(losses);
      seconds = std::max(0.001, seconds - static_cast<double>(random.below(200)) / 1000);
      for (double& loss : losses) {
        loss += random.uniform();
      }
    }
  }
  return result;
}

/// The least of `loss_of` over all allocations that keep to `seconds`, by trying each.
double least(const std::vector<LayerLevels>& layers, double seconds,
             const std::function<double(const std::vector<double>&)>& loss_of) {
  const std::size_t classes = layers.front().losses.front().size();
  double best = std::numeric_limits<double>::infinity();
  const std::function<void(std::size_t, double, std::vector<double>)> go = [&](std::size_t i, double left,
                                                                               const std::vector<double>& losses) {
    if (left < -1e-9) {
      return;
    }
    if (i == layers.size()) {
      best = std::min(best, loss_of(losses));
      return;
    }
    for (std::size_t level = 0; level < layers[i].seconds.size(); ++level) {
      std::vector<double> with = losses;
      for (std::size_t c = 0; c < classes; ++c) {
        with[c] += layers[i].losses[level][c];
      }
      go(i + 1, left - layers[i].seconds[level], with);
    }
  };
  go(0, seconds, std::vector<double>(classes, 0));
  return best;
}

double weighted(const std::vector<double>& losses, const std::vector<double>& weights) {
  return std::inner_product(losses.begin(), losses.end(), weights.begin(), 0.0);
}

double largest(const std::vector<double>& losses) {
  return *std::ranges::max_element(losses);
}

constexpr double kSeconds = kTimeSteps / 1000.0;  // one step is a thousandth

TEST(AllocateWeighted, is_the_least_of_all_allocations) {
  const std::vector<double> weights = {0.2, 1.0, 0.5};
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto layers = random_layers(seed, 6, 4, 3);
    const auto found = allocate_weighted(layers, weights, kSeconds);
    const double expected = least(layers, kSeconds, [&](const auto& losses) { return weighted(losses, weights); });
    ASSERT_EQ(found.has_value(), std::isfinite(expected)) << seed;
    if (found) {
      EXPECT_LE(found->seconds, kSeconds + 1e-9);
      EXPECT_NEAR(weighted(found->losses, weights), expected, 1e-9) << seed;
    }
  }
}

TEST(Allocate, the_worst_class_is_near_the_least_of_all_allocations) {
  double sum_found = 0;
  double sum_least = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto layers = random_layers(seed, 7, 4, 5);
    const double expected = least(layers, 3.5, largest);
    const auto found = allocate(layers, 3.5);
    ASSERT_EQ(found.has_value(), std::isfinite(expected)) << seed;
    if (!found) {
      continue;
    }
    EXPECT_LE(found->seconds, 3.5);
    EXPECT_GE(found->worst(), expected - 1e-9) << seed;
    EXPECT_LE(found->worst(), 1.1 * expected + 1e-9) << seed;
    sum_found += found->worst();
    sum_least += expected;
  }
  EXPECT_GT(sum_least, 0);
  EXPECT_LE(sum_found, 1.02 * sum_least);
}

TEST(Allocate, losses_and_seconds_are_those_of_its_levels) {
  const auto layers = random_layers(3, 5, 4, 2);
  const auto found = allocate(layers, 2.5);
  ASSERT_TRUE(found);
  double seconds = 0;
  std::vector<double> losses(2, 0);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    seconds += layers[i].seconds[found->levels[i]];
    losses[0] += layers[i].losses[found->levels[i]][0];
    losses[1] += layers[i].losses[found->levels[i]][1];
  }
  EXPECT_DOUBLE_EQ(found->seconds, seconds);
  EXPECT_EQ(found->losses, losses);
}

TEST(Allocate, nothing_is_lost_where_there_is_time_enough) {
  const auto found = allocate(random_layers(4, 5, 4, 3), 100);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->levels, std::vector<std::size_t>(5, 0));
  EXPECT_EQ(found->worst(), 0);
}

TEST(Allocate, none_where_the_quickest_levels_take_longer) {
  EXPECT_FALSE(allocate(random_layers(5, 5, 4, 3), 0.01));
  EXPECT_FALSE(allocate(random_layers(5, 5, 4, 3), 0));
  EXPECT_FALSE(allocate(random_layers(5, 5, 4, 3), -1));
}

TEST(Allocate, a_class_that_only_one_layer_hurts_has_that_layer_spared) {
  // Two layers that save as much; the first costs class 0 dear, the second costs class 1 little more.
  const std::vector<LayerLevels> layers = {{{1.0, 0.5}, {{0, 0}, {5, 0}}}, {{1.0, 0.5}, {{0, 0}, {0, 1}}}};
  const auto found = allocate(layers, 1.5);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->levels, (std::vector<std::size_t>{0, 1}));
}

}  // namespace
}  // namespace niwaki
