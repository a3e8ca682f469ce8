#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace niwaki {

/// Up to so many values in both samples together the p-value is exact.
inline constexpr std::size_t kMannWhitneyExactUpTo = 40;

struct MannWhitney {
  double u = 0.0;      // pairs in which the value of the first sample is the larger one, ties counting half
  double p = 1.0;      // two-sided
  bool exact = false;  // p counts all ways to deal the values out; else it is the normal approximation
};

/// Mann and Whitney's U: whether the values of one sample tend to be larger than those of the other. Nothing where a
/// sample is empty. No value may be NaN.
///
/// Exact: over all ways to deal these values (with their ties) out to two samples of these sizes, twice the smaller of
/// the shares whose U is at most, or at least, this one, but no more than 1. This is scipy's permutation_test
/// (two-sided, exact) of U, and mannwhitneyu(method="exact") where no values are tied.
///
/// Approximate: normal, with correction for ties and for continuity: scipy's mannwhitneyu(method="asymptotic"). 1 where
/// all values are the same.
std::optional<MannWhitney> mann_whitney(std::span<const double> first, std::span<const double> second);

}  // namespace niwaki
