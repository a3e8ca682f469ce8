#pragma once

#include <string>
#include <vector>

#include "niwaki/audit/audit.hpp"

namespace niwaki {

/// Pearson's and Spearman's correlation over the points where both figures are there. Empty, with a note at
/// `where`, for fewer than three such points or where one side is constant. `points` says what a point is ("classes",
/// "pairs").
Correlation correlate(const std::vector<Figure>& x, const std::vector<Figure>& y, const std::string& points,
                      const std::string& where, std::vector<Note>& notes);

}  // namespace niwaki
