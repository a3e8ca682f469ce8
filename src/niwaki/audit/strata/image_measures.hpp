#pragma once

#include <span>
#include <vector>

#include "niwaki/audit/class_labels.hpp"
#include "niwaki/audit/companions.hpp"
#include "niwaki/audit/measured_grid.hpp"
#include "niwaki/audit/strata/strata_result.hpp"
#include "niwaki/cohort/cohort.hpp"

namespace niwaki {

/// Whether what pruning does to an image follows what is measured of it: Spearman's correlations over the images that
/// have the measure, with intervals over patients; Holm over all of them. Definitions: docs/strata.md.
/// `agreements`: one an image, Spearman's of the dense and the pruned row; nothing where a row is constant.
ImageMeasuresResult correlate_measures(const std::vector<ImageMeasure>& measures,
                                       const std::vector<ClassLabels>& labels, const PrunedPair& pair,
                                       std::span<const std::optional<double>> agreements, const Resampling& resampling);

/// Mean over seeds and the classes whose label is known of the rise in log loss from the dense to the pruned network,
/// probabilities kept within [2^-23, 1 - 2^-23]; nothing for an image without a known label.
std::vector<std::optional<double>> loss_rises(const std::vector<ClassLabels>& labels, const PrunedPair& pair);

}  // namespace niwaki
