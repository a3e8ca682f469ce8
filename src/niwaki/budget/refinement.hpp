#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace niwaki {

/// What a choice of a level for each layer gives, measured on the whole network.
struct Measured {
  std::vector<std::size_t> levels;
  std::vector<double> losses;  // of each class
  double speedup = 0;
  [[nodiscard]] double worst() const;
};

/// How networks are measured.
struct NetworkMeters {
  std::function<std::vector<double>(const std::vector<std::size_t>& levels)> losses;
  std::function<double(const std::vector<std::size_t>& levels)> speedup;
};

/// Improves `start` while the largest of the classes' losses falls and the speed-up stays at `speedup` or above: each
/// layer is measured one level up and one level down, *the others being as they are* (losses of layers that are pruned
/// alone do not add up to the network's); which layers move is then a knapsack again (allocation.hpp), over
/// `seconds[layer][level]`. Where the moves together are not as good as each promised, fewer are tried. Never worse
/// than `start`, which must be fast enough. At most kRefinementRounds rounds of networks_of_a_round(levels)
/// measurements of losses and some of the speed-up.
Measured refine(Measured start, const std::vector<std::vector<double>>& seconds, double speedup,
                const NetworkMeters& meters);

constexpr int kRefinementRounds = 6;

}  // namespace niwaki
