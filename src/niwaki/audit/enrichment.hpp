#pragma once

#include <array>
#include <string>
#include <vector>

#include "niwaki/audit/class_labels.hpp"
#include "niwaki/audit/measured_grid.hpp"

namespace niwaki {

/// How many findings an image shows, as they are counted.
inline constexpr std::array<const char*, 5> kFindingCounts = {"0", "1", "2", "3", "4+"};

/// Fills what exemplars have in common: the ratios, counts and enrichments of `result`, by class and by number of
/// findings. `chosen`: one an image. The choice of exemplars is taken as it is; the intervals (with `resampling`, else
/// none) are over the patients. Notes are at `where`.
void describe_exemplars(const Cohort& cohort, const std::vector<ClassLabels>& labels, const std::vector<bool>& chosen,
                        const Resampling* resampling, const std::string& where, ExemplarResult& result,
                        std::vector<Note>& notes);

}  // namespace niwaki
