#pragma once

#include <span>
#include <vector>

namespace niwaki {

/// Holm's step-down adjustment (Holm 1979) of p-values of one family: each adjusted one may be held against the level
/// alpha, and the chance of one false alarm or more is then at most alpha. The i-th smallest of m is multiplied by m -
/// i + 1, then raised to the largest before it, and is at most 1 (R's p.adjust, "holm"). In the order given; equal
/// p-values are adjusted alike. Every p-value must be in [0, 1].
std::vector<double> holm(std::span<const double> p_values);

}  // namespace niwaki
