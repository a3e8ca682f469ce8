#include "niwaki/train/gradual.hpp"

#include <cmath>
#include <utility>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/prune/mask.hpp"

namespace niwaki {
namespace {

void check_nested(const Graph& before, const Graph& after) {
  const Mask earlier = mask_of_zeros(before);
  for (const auto& [name, kept] : mask_of_zeros(after)) {
    for (std::size_t i = 0; i < kept.size(); ++i) {
      NIWAKI_CHECK(kept[i] == 0 || earlier.at(name)[i] != 0, "weight {} of {} is back", i, name);
    }
  }
}

}  // namespace

void GradualOptions::check() const {
  if (steps < 1 || steps > 100) {
    throw InputError(fmt::format("{} is out of range", steps), "gradual.steps", "choose 1 to 100");
  }
}

double cubic_sparsity(double final_sparsity, std::size_t step, std::size_t steps) {
  NIWAKI_CHECK(step >= 1 && step <= steps, "step {} of {}", step, steps);
  if (step == steps) {
    return final_sparsity;
  }
  return final_sparsity * (1 - std::pow(1 - static_cast<double>(step) / static_cast<double>(steps), 3));
}

std::size_t epochs_in_all(const GradualOptions& gradual, const FineTuneOptions& options) {
  return (gradual.steps - 1) * gradual.epochs + options.epochs;
}

GradualResult gradually_pruned(const Graph& dense, double sparsity, const PruneTo& prune, const LabelledImages& train,
                               const GradualOptions& gradual, const FineTuneOptions& options, Progress& progress) {
  gradual.check();
  options.check();
  GradualResult result{.network = dense};
  for (std::size_t k = 1; k <= gradual.steps; ++k) {
    GradualStep step{.nominal_sparsity = cubic_sparsity(sparsity, k, gradual.steps)};
    Graph smaller = prune(result.network, step.nominal_sparsity);
    check_nested(result.network, smaller);
    step.actual_sparsity = measure_sparsity(smaller).sparsity();
    FineTuneOptions now = options;
    now.seed = RandomStream(options.seed, "gradual", {k}).bits();
    now.epochs = k < gradual.steps ? gradual.epochs : options.epochs;
    FineTuneResult tuned = fine_tuned(dense, smaller, train, now, progress);
    result.network = std::move(tuned.network);
    step.history = std::move(tuned.history);
    result.steps.push_back(std::move(step));
  }
  return result;
}

}  // namespace niwaki
