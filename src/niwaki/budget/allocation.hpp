#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace niwaki {

/// One layer and the sparsities that it may get: its levels.
struct LayerLevels {
  std::vector<double> seconds;              // of each level, none below 0
  std::vector<std::vector<double>> losses;  // [level][class], none below 0
};

struct Allocation {
  std::vector<std::size_t> levels;  // of each layer
  double seconds = 0;               // in all
  std::vector<double> losses;       // of each class: the sum over layers
  [[nodiscard]] double worst() const;
};

/// One level a layer, their seconds together at most `seconds`, so that the weighted sum of the classes' losses is
/// least: a multiple-choice knapsack, by dynamic programming over layers and time, which is cut into `kTimeSteps` (a
/// level's seconds are rounded up, so no more than one step a layer is given away). None where even the quickest levels
/// take longer.
std::optional<Allocation> allocate_weighted(const std::vector<LayerLevels>& layers,
                                            const std::vector<double>& class_weights, double seconds);
constexpr std::size_t kTimeSteps = 4000;

/// As above, so that the *largest* of the classes' losses is least. Found by multiplicative weights (Arora, Hazan &
/// Kale, Theory of Computing 8, 2012): the weighted problem is solved again and again, a class that comes off badly
/// counting more each time; the best allocation seen is then improved by changing one layer or two at a time. Each
/// weighted optimum is exact to the time steps, the result over whole levels is not guaranteed to be.
std::optional<Allocation> allocate(const std::vector<LayerLevels>& layers, double seconds);

}  // namespace niwaki
