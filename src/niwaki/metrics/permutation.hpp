#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "niwaki/core/random.hpp"

namespace niwaki {

/// One thing whose mark is exchangeable with that of others of its block: a reading within a reader, or an image
/// (then `sum` and `count` are over its readings).
struct PermutationUnit {
  std::size_t block = 0;
  bool marked = false;
  double sum = 0.0;    // of its values
  double count = 1.0;  // how many values, above 0
};

struct PermutationOptions {
  std::size_t exact_up_to = 200'000;  // arrangements that are all looked at; above, so many are drawn:
  std::size_t draws = 99'999;
};

struct PermutationTest {
  double statistic = 0.0;  // mean of the marked values - mean of the others
  double p = 1.0;          // two-sided
  bool exact = false;
  std::size_t arrangements = 0;  // looked at: all there are, or the draws
};

/// How often an exchange of marks within blocks gives a difference of means at least as large, to either side, as
/// the one that is there. Each block keeps its number of marks. Exact where there are few arrangements; else
/// (1 + b) / (1 + B) for b of B draws (Phipson & Smyth, Stat. Appl. Genet. Mol. Biol. 9, 2010), which is never 0.
/// Differences within rounding of each other count as equal. Nothing where no unit is marked, or all are.
std::optional<PermutationTest> permutation_test(std::span<const PermutationUnit> units, RandomStream& random,
                                                const PermutationOptions& options = {});

}  // namespace niwaki
