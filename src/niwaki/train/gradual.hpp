#pragma once

#include <functional>
#include <vector>

#include "niwaki/train/fine_tune.hpp"

namespace niwaki {

struct GradualOptions {
  std::size_t steps = 4;   // prunings; at least 1, at most 100
  std::size_t epochs = 2;  // of fine-tuning after each but the last, which FineTuneOptions::epochs follow
  void check() const;      // throws InputError naming the field ("gradual.steps")
};

/// The sparsity after step `step` (1 first) of `steps` on the way to `final_sparsity`: s (1 - (1 - step / steps)^3), so
/// that much goes while much is left (Zhu & Gupta 2017, eq. 1, from a dense network). Exactly s after the last.
double cubic_sparsity(double final_sparsity, std::size_t step, std::size_t steps);

/// A copy of `network`, which may have zeros already, pruned to this sparsity of all its weights.
using PruneTo = std::function<Graph(const Graph& network, double sparsity)>;

struct GradualStep {
  double nominal_sparsity = 0;
  double actual_sparsity = 0;  // counted
  std::vector<FineTuneEpoch> history;
};

struct GradualResult {
  Graph network;
  std::vector<GradualStep> steps;
};

/// Prunes and fine-tunes by turns. What a step took stays away (masks are nested): each step prunes the network that
/// the one before it left, whose zeros are the least important weights there are. A criterion by which they are not
/// (one that spares some weights whatever they are) gives more zeros than were asked for; actual_sparsity says how
/// many. Step k is fine-tuned with the seed that stream "gradual" of options.seed draws for k. Else as fine_tuned().
GradualResult gradually_pruned(const Graph& dense, double sparsity, const PruneTo& prune, const LabelledImages& train,
                               const GradualOptions& gradual, const FineTuneOptions& options, Progress& progress);

/// How many epochs that takes in all.
std::size_t epochs_in_all(const GradualOptions& gradual, const FineTuneOptions& options);

}  // namespace niwaki
