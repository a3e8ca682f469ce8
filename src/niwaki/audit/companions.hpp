#pragma once

#include <string>
#include <vector>

#include "niwaki/audit/class_labels.hpp"
#include "niwaki/audit/measured_grid.hpp"

namespace niwaki {

/// The dense and the pruned tables of one method at the exemplar sparsity, and each seed's thresholds.
struct PrunedPair {
  double sparsity = 0.0;
  std::vector<MatrixView<const float>> dense, pruned;        // one a seed, [images, classes]
  std::vector<const std::vector<double>*> operating_points;  // one a seed; one threshold a class, NaN where none
};

/// The companion effects of every class with one and with two companions, ranked. Needs resamples. A group with fewer
/// than AuditOptions::minimum_patients patients leaves an effect out, and it is counted.
CompanionResult companion_effects(const std::vector<ClassLabels>& labels, const PrunedPair& pair,
                                  const Resampling& resampling, const AuditOptions& options);

}  // namespace niwaki
