#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "niwaki/audit/result.hpp"
#include "niwaki/core/matrix_view.hpp"

namespace niwaki {

/// What one network calls: 1 where a score is at or above its class's operating point, else 0, also where there is none
/// (NaN). [images, classes], as `scores`.
std::vector<std::uint8_t> calls(MatrixView<const float> scores, std::span<const double> operating_points);

/// calls() of every seed, of sparsity 0 and the exemplar sparsity.
struct SeedCalls {
  std::vector<std::span<const std::uint8_t>> dense, pruned;
};

/// What pruning does to every image, from seed-averaged probabilities [images, classes]. `correlations`: Spearman's of
/// each image's pruned with its dense ones, one vector a sparsity above 0, NaN where there is none
/// (RowRanks::spearman); `dense` and `pruned`: the probabilities themselves, of sparsity 0 and the exemplar sparsity.
/// Flips are counted from `calls`.
ImageResult image_result(std::vector<std::vector<double>> correlations, MatrixView<const double> dense,
                         MatrixView<const double> pruned, const SeedCalls& calls);

}  // namespace niwaki
