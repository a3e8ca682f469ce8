#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "niwaki/core/progress.hpp"
#include "niwaki/model/graph.hpp"
#include "niwaki/prune/mask_choice.hpp"
#include "niwaki/prune/tail_score.hpp"
#include "niwaki/train/train.hpp"

namespace niwaki {

struct MaskSearchOptions {
  std::size_t steps = 1500;       // each of one batch
  std::size_t batch = 64;         // images; half of them drawn for a class
  double learning_rate = 1.2e-4;  // of scores that lie in [0, 1], Adam's; falls to 0 in a straight line
  std::uint64_t seed = 1;         // of the stream "prune/search"
  std::string device = "auto";
};

/// Which weights to keep at one sparsity, sought by trial: the weights stay as they are, scores are trained, and at
/// each moment the weights of the highest scores are in use (Ramanujan et al., "What's hidden in a randomly weighted
/// neural network?", CVPR 2020, edge-popup, here on trained weights and over all layers at once). A score's gradient is
/// that of the objective with respect to the weight in use, or that would be, times the weight (straight-through).
///
/// The objective of a batch is the sum over groups g of weights[g] times the mean squared distance of the logits of the
/// group's classes from the dense network's, in standard deviations of these over `rows`. Half of a batch is drawn from
/// `rows`, half are positives of groups drawn by their weights. Normalisations run by their running mean and variance.
///
/// `start`: scores whose order the search begins with. Gives one score a weight; at another sparsity they mean little.
/// Throws InputError where the objective is not finite, Interrupted on cancellation. `progress` hears images, steps
/// times batch.
Importance searched_scores(const Graph& dense, const LabelledImages& images, const std::vector<std::size_t>& rows,
                           const std::vector<TailGroup>& groups, const std::vector<double>& weights,
                           const Importance& start, double sparsity, const MaskSearchOptions& options,
                           Progress& progress);

}  // namespace niwaki
