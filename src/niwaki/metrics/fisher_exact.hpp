#pragma once

#include <cstddef>

namespace niwaki {

/// How many of two groups have a finding.
struct TwoByTwoTable {
  std::size_t first_with = 0;
  std::size_t first_without = 0;
  std::size_t second_with = 0;
  std::size_t second_without = 0;
};

/// Fisher's exact test, two-sided: the chance, all four margins being as they are, of a table that is no likelier than
/// this one. A table is no likelier where its hypergeometric probability is at most this one's times 1 + 1e-7 (R's
/// fisher.test; scipy 1.10's fisher_exact has 1 + 1e-14, and differs only where two tables are that nearly as likely).
/// 1 where a row or a column is empty. p-values below about 1e-300 are 0. At most 2^31 images in all.
double fisher_exact(const TwoByTwoTable& table);

}  // namespace niwaki
