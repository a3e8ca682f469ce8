#pragma once

#include <string>
#include <vector>

#include "niwaki/audit/audit.hpp"
#include "niwaki/audit/class_labels.hpp"

namespace niwaki {

/// Fills `result.pairs` (every a before b in the order of the classes) and the four correlations over pairs, from
/// `result.classes`' delta_ap curves and the labels.
void compare_pairs(const std::vector<ClassLabels>& labels, MethodResult& result, std::vector<Note>& notes);

}  // namespace niwaki
