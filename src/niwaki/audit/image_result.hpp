#pragma once

#include <vector>

#include "niwaki/audit/companions.hpp"
#include "niwaki/audit/result.hpp"

namespace niwaki {

/// What pruning does to every image. `averages`: seed-averaged probabilities [images, classes], one a sparsity, the
/// dense network's first; `exemplar_step` is where among them the exemplar sparsity stands. `pair`: each seed's own
/// tables there, from which flips are counted.
ImageResult image_result(const std::vector<MatrixView<const double>>& averages, std::size_t exemplar_step,
                         const PrunedPair& pair);

}  // namespace niwaki
