#pragma once

#include <vector>

#include "niwaki/explain/explain.hpp"

namespace niwaki {

/// All pairs together, then class by class, from the pairs' figures.
std::vector<ExplainSummary> summarised(const Explanation& explanation);

}  // namespace niwaki
