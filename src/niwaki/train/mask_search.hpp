#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "niwaki/core/progress.hpp"
#include "niwaki/model/graph.hpp"
#include "niwaki/prune/mask.hpp"
#include "niwaki/prune/mask_choice.hpp"
#include "niwaki/prune/tail_score.hpp"
#include "niwaki/train/train.hpp"

namespace niwaki {

struct MaskSearchOptions {
  std::size_t steps = 600;  // at least 1
  std::size_t batch = 64;   // images a step, at least 2: half drawn by class, half as they come
  double rate = 0.004;      // of the scores, which begin as ranks in [0, 1]; above 0, falls to 0 over the steps
  TailOptions tail;         // how much each class counts
  std::string device = "auto";
  std::uint64_t seed = 1;  // of the stream "prune/search"
  void check() const;      // throws InputError naming the field ("search.steps")
};

/// A mask of this sparsity that is looked for, not computed: which weights stay is changed step by step so that the
/// network that is left says what the dense one says. No weight is changed, only which are there.
///
/// Each weight w_i has a score, at first its rank in `start` (an importance) over all weights; the weights with the
/// highest scores are there (m_i = 1). A step takes a batch and the loss
///   L = sum over classes c of omega_c * mean over the batch of (z_c - dense z_c)^2 / variance_c
/// with z the logits, variance_c that of the dense logits over the images at `rows`, omega_c the tail's weights
/// (tail_score.hpp); the score moves against dL/d(m_i w_i) * w_i, which is dL/dm_i with the step function passed
/// straight through. So weights that are gone can come back, as in dynamic network surgery (Guo, Yao & Chen, NeurIPS
/// 2016) and "edge-popup" (Ramanujan et al., CVPR 2020, eq. 3), whose gradient this is. Momentum 0.9, scaled by the
/// root mean square of all gradients.
///
/// Half of a batch are positives, their class drawn by omega; the other half is drawn from `rows`. The labels choose
/// images and no more: the dense network is the teacher. Locked weights stay; all weights compete. Normalisations run
/// by their running mean and variance. Same arguments, same number of threads: same bytes, on the CPU. Throws
/// InputError where no class has a positive or a logit is not finite, and as choose_mask() does; Interrupted on
/// cancellation. `progress` hears of each image put through, of search_cost().
Mask searched_mask(const Graph& dense, const Importance& start, const LockedWeights& locked, double sparsity,
                   const LabelledImages& images, const std::vector<std::size_t>& rows, const MaskSearchOptions& options,
                   Progress& progress);

/// Images put through, forwards; a step backwards counts two.
double search_cost(const MaskSearchOptions& options, std::size_t rows);

}  // namespace niwaki
