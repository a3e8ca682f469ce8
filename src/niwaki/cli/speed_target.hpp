#pragma once

#include <cstddef>
#include <string>

#include "niwaki/budget/budget.hpp"
#include "niwaki/cohort/cohort.hpp"
#include "niwaki/cohort/image_source.hpp"
#include "niwaki/prune/mask_choice.hpp"

namespace CLI {
class App;
}

namespace niwaki {

/// `niwaki prune --target-speedup`: a speed asked for instead of a sparsity.
struct SpeedTarget {
  double speedup = 0;  // 0: not asked for
  std::size_t batch = 1;
  std::size_t images = 1000;  // that losses are measured on, at most

  void add_to(CLI::App& verb);
  [[nodiscard]] bool asked_for() const { return speedup != 0; }

  /// Losses are measured on `images` of the cohort's pictures, drawn by `seed` (budget/loss_images.hpp).
  /// Throws InputError where the network has another number of classes, and as prune_to_speed() does.
  [[nodiscard]] BudgetedNetwork run(const Graph& dense, const Importance& importance, const Cohort& cohort,
                                    const ImageSource& pictures, std::uint64_t seed, Progress& progress) const;
};

/// "2.04 times as fast: 3.10 instead of 6.32 ms an image, 1 at a time, 2 threads", and what the class loses that
/// comes off worst.
std::string speed_text(const BudgetedNetwork& network, const SpeedTarget& target,
                       const std::vector<std::string>& classes);

}  // namespace niwaki
