#include "niwaki/budget/refinement.hpp"

#include <algorithm>
#include <limits>

#include <gtest/gtest.h>

#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kLayers = 5;
constexpr std::size_t kLevels = 4;
constexpr std::size_t kClasses = 3;

/// A network whose losses do not add up: what two neighbouring layers lose together is more than what each does.
struct Example {
  std::vector<std::vector<double>> seconds;
  std::vector<std::vector<double>> sensitivity;  // [layer][class]
  double together;

  Example(std::uint64_t seed, double interaction) : together(interaction) {
    RandomStream random(seed, "refinement");
    for (std::size_t i = 0; i < kLayers; ++i) {
      std::vector<double>& layer = seconds.emplace_back();
      const double dense = 1 + 4 * random.uniform();
      for (std::size_t level = 0; level < kLevels; ++level) {
        layer.push_back(dense * (1 - 0.25 * static_cast<double>(level)));
      }
      std::vector<double>& classes = sensitivity.emplace_back();
      for (std::size_t c = 0; c < kClasses; ++c) {
        classes.push_back(random.uniform());
      }
    }
  }
  [[nodiscard]] std::vector<double> losses(const std::vector<std::size_t>& levels) const {
    std::vector<double> result(kClasses, 0);
    for (std::size_t c = 0; c < kClasses; ++c) {
      double before = 0;
      for (std::size_t i = 0; i < kLayers; ++i) {
        const auto level = static_cast<double>(levels[i]);
        const double own = sensitivity[i][c] * level * level;
        result[c] += own + together * before * own;
        before = own;
      }
    }
    return result;
  }
  [[nodiscard]] double speedup(const std::vector<std::size_t>& levels) const {
    double dense = 1;
    double pruned = 1;  // what is in no layer
    for (std::size_t i = 0; i < kLayers; ++i) {
      dense += seconds[i][0];
      pruned += seconds[i][levels[i]];
    }
    return dense / pruned;
  }
  [[nodiscard]] NetworkMeters meters() const {
    return {.losses = [this](const auto& levels) { return losses(levels); },
            .speedup = [this](const auto& levels) { return speedup(levels); }};
  }
  [[nodiscard]] Measured at(const std::vector<std::size_t>& levels) const {
    return {.levels = levels, .losses = losses(levels), .speedup = speedup(levels)};
  }
  /// Every choice tried.
  [[nodiscard]] Measured best(double wanted) const {
    Measured found = at(std::vector<std::size_t>(kLayers, kLevels - 1));
    std::vector<std::size_t> levels(kLayers, 0);
    for (std::size_t number = 0; number < 1024; ++number) {  // kLevels^kLayers
      for (std::size_t i = 0, rest = number; i < kLayers; ++i, rest /= kLevels) {
        levels[i] = rest % kLevels;
      }
      const Measured candidate = at(levels);
      found = candidate.speedup >= wanted && candidate.worst() < found.worst() ? candidate : found;
    }
    return found;
  }
};

TEST(Refinement, comes_near_the_best_of_all_choices_and_is_never_worse_than_the_start) {
  constexpr double kWanted = 1.7;
  double excess = 0;
  constexpr int kExamples = 40;
  for (std::uint64_t seed = 0; seed < kExamples; ++seed) {
    const Example example(seed, seed % 2 == 0 ? 0.0 : 0.1);
    const Measured start = example.at(std::vector<std::size_t>(kLayers, 3));
    ASSERT_GE(start.speedup, kWanted);
    const Measured found = refine(start, example.seconds, kWanted, example.meters());
    EXPECT_GE(found.speedup, kWanted);
    EXPECT_LE(found.worst(), start.worst());
    EXPECT_EQ(found.losses, example.losses(found.levels));
    excess += found.worst() / example.best(kWanted).worst() - 1;
  }
  EXPECT_LT(excess / kExamples, 0.1);
}

TEST(Refinement, stays_where_nothing_is_better) {
  const Example example(3, 0.1);
  const Measured best = example.best(1.7);
  EXPECT_EQ(refine(best, example.seconds, 1.7, example.meters()).levels, best.levels);
}

}  // namespace
}  // namespace niwaki
