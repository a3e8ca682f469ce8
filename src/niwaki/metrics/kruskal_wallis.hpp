#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace niwaki {

struct KruskalWallis {
  double h = 0.0;  // corrected for ties
  std::size_t freedom = 0;
  double p = 1.0;  // of chi-square with that many degrees of freedom
};

/// Kruskal and Wallis's rank test that the groups' values come from one distribution (JASA 47, 1952), as
/// scipy.stats.kruskal has it: average ranks, H divided by 1 - sum(t^3 - t) / (n^3 - n) over groups of t tied values.
/// It takes every value as independent of all others. Nothing for fewer than two groups, for an empty group, and where
/// all values are the same. No value may be NaN.
std::optional<KruskalWallis> kruskal_wallis(std::span<const std::vector<double>> groups);

}  // namespace niwaki
