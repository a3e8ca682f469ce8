#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "niwaki/model/graph.hpp"

namespace niwaki {

/// What a criterion wants to know of the weights beside their values.
enum class StatisticsKind : std::uint8_t { kInputNorms, kMeanGradient, kSquaredGradient, kTail, kTailSearch };
using StatisticsKinds = std::set<StatisticsKind>;

/// What calibration images tell of one prunable layer. What was not gathered is empty; all else is in the layout of the
/// weight tensor [out, in / groups, ...], row-major.
struct LayerStatistics {
  std::string tensor;
  /// kInputNorms: Euclidean norm, over all calibration images and positions, of the input that each weight of an
  /// output row is multiplied by; [groups, weights of a row]. Rows of one group share it. Padding counts as zeros.
  std::vector<float> input_norms;
  /// kMeanGradient: d loss / d weight of the mean over images; the loss of an image is the sum over its known labels of
  /// binary cross entropy.
  std::vector<float> mean_gradient;
  /// kSquaredGradient: mean over images of (d loss of the image / d weight)^2.
  std::vector<float> mean_squared_gradient;
  /// kTail: the shares of tail_score.hpp, summed over classes, and the largest of any class.
  std::vector<float> tail_sum;
  std::vector<float> tail_worst;
  /// kTailSearch: scores found for one sparsity (train/mask_search.hpp).
  std::vector<float> searched;
};

/// Statistics of all prunable_layers(graph), in that order. Filled by room `train`.
struct WeightStatistics {
  StatisticsKinds kinds;
  std::vector<LayerStatistics> layers;
  /// What could not be counted: classes without positives.
  std::vector<std::string> notes;
};

}  // namespace niwaki
