#pragma once

#include <string>
#include <vector>

#include "niwaki/audit/class_labels.hpp"
#include "niwaki/audit/companions.hpp"
#include "niwaki/audit/measured_grid.hpp"
#include "niwaki/audit/strata/strata_result.hpp"
#include "niwaki/cohort/cohort.hpp"

namespace niwaki {

/// Each group of images on its own and against all others, at one sparsity: figures, losses, gaps before and after
/// pruning, thresholds. Definitions: docs/strata.md. Patients are resampled as a whole, so that groups that share
/// patients, and dense and pruned networks, are compared in pairs. The same result with any number of threads.
StrataResult compare_strata(const std::vector<ImageAttribute>& columns, const std::vector<ClassLabels>& labels,
                            const PrunedPair& pair, const Resampling& resampling, const AuditOptions& options);

}  // namespace niwaki
