#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "niwaki/core/progress.hpp"
#include "niwaki/model/graph.hpp"
#include "niwaki/prune/tail_score.hpp"
#include "niwaki/prune/weight_statistics.hpp"
#include "niwaki/train/train.hpp"

namespace niwaki {

/// How weight statistics are gathered.
struct CalibrationOptions {
  std::size_t images = 2048;        // that all statistics but the tail's are gathered from; drawn by who calls
  std::size_t positives = 64;       // of each class at most, for the tail's; with as many images that do not show it
  std::size_t search_steps = 1500;  // of one batch, for kTailSearch
  std::size_t micro_batch = 4;      // images a backward pass; 1: squared gradients are exact
  /// Throws InputError naming the key ("prune.calibration_images") that is out of range.
  void check() const;
};

struct StatisticsRequest {
  StatisticsKinds kinds;
  CalibrationOptions calibration;
  TailOptions tail;
  double sparsity = 0;     // that kTailSearch seeks a mask for
  std::uint64_t seed = 1;  // of the streams "prune/tail-images", "prune/signs" and "prune/search"
  std::string device = "auto";
};

/// Statistics of `dense`. Input norms and the gradients of the loss are gathered from the images at `rows`; those of
/// the classes from images of all that are given, because a rare class has few positives: for each class (and protected
/// pair) up to calibration.positives images that show it and as many that are known not to, drawn by
/// "prune/tail-images" of the seed.
///
/// A class's squared gradients are those of its logit: the mean over its chosen images, half of the weight on those
/// that show it, of (d logit / d weight)^2. They say how far the logit moves where the weight goes, whether or not the
/// image is called rightly now; those of the loss vanish on what is. For a pair, the squares of both logits are added.
///
/// Squared gradients of single images come from backward passes over `micro_batch` images whose terms have random signs
/// (stream "prune/signs"): the square of a sum of terms with independent signs has the sum of their squares as its
/// expectation (Hutchinson's estimator of a diagonal), while a plain sum of gradients squared would be of the mean
/// gradient. Normalisations run by their running mean and variance. One class's gradients are in memory at a time.
///
/// Same network, same images, same seed, same number of threads: same bytes, on the CPU. Throws InputError where no
/// label is known, no class has a positive (kTail), a class of the options is not there, or a gradient is not finite;
/// Interrupted on cancellation. `progress` hears images put through.
WeightStatistics weight_statistics_of(const Graph& dense, const LabelledImages& images,
                                      const std::vector<std::size_t>& rows, const StatisticsRequest& request,
                                      Progress& progress);

}  // namespace niwaki
