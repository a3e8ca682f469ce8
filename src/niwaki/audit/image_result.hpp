#pragma once

#include <vector>

#include "niwaki/audit/companions.hpp"
#include "niwaki/audit/result.hpp"
#include "niwaki/core/matrix_view.hpp"
#include "niwaki/metrics/row_ranks.hpp"

namespace niwaki {

/// What pruning does to every image, from seed-averaged probabilities [images, classes]. `ranks`: theirs within each
/// image, one a sparsity, the dense network's first; `dense` and `pruned`: the probabilities themselves, of sparsity 0
/// and the exemplar sparsity. `pair`: each seed's own tables there, from which flips are counted.
ImageResult image_result(const std::vector<const RowRanks*>& ranks, MatrixView<const double> dense,
                         MatrixView<const double> pruned, const PrunedPair& pair);

}  // namespace niwaki
