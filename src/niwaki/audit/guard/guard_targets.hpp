#pragma once

#include <vector>

#include "niwaki/audit/guard/guard.hpp"

namespace niwaki {

/// Fills `images.exemplar`, `exemplar_of_seed` and `changed`. `operating_points`: one a seed. An exemplar is an image
/// of the lowest floor(fraction x images) of Spearman's correlation between the dense and the pruned network's scores,
/// ties by row; an image without a correlation (all scores alike) is none, as in the audit.
void find_guard_targets(const GuardPart& part, const std::vector<std::vector<double>>& operating_points,
                        double fraction, GuardImages& images);

/// One threshold a class, chosen on the dense network of one seed; NaN where the rule finds none.
std::vector<double> guard_operating_points(const Cohort& cohort, const GuardTables& tables,
                                           const OperatingPointRule& rule);

}  // namespace niwaki
