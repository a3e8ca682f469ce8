#pragma once

#include <vector>

#include "niwaki/audit/companions.hpp"
#include "niwaki/audit/result.hpp"
#include "niwaki/core/matrix_view.hpp"

namespace niwaki {

/// What pruning does to every image, from seed-averaged probabilities [images, classes]. `correlations`: Spearman's of
/// each image's pruned with its dense ones, one vector a sparsity above 0, NaN where there is none
/// (RowRanks::spearman); `dense` and `pruned`: the probabilities themselves, of sparsity 0 and the exemplar sparsity.
/// `pair`: each seed's own tables there, from which flips are counted.
ImageResult image_result(std::vector<std::vector<double>> correlations, MatrixView<const double> dense,
                         MatrixView<const double> pruned, const PrunedPair& pair);

}  // namespace niwaki
