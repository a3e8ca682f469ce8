#include "niwaki/metrics/sign_flip.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "niwaki/core/error.hpp"

namespace niwaki {

double sign_flip_p(std::span<const std::int64_t> differences) {
  constexpr std::int64_t kMost = 1'000'000;
  std::int64_t total = 0;
  std::int64_t sum = 0;
  for (const std::int64_t difference : differences) {
    NIWAKI_CHECK(std::abs(difference) <= kMost - total, "differences of more than {} in all", kMost);
    total += std::abs(difference);
    sum += difference;
  }
  // share[s]: the probability that the differences which take the sign + sum to s; the flipped sum is then 2 s - total.
  std::vector<double> share(static_cast<std::size_t>(total) + 1, 0.0);
  share[0] = 1.0;
  std::size_t reached = 0;
  for (const std::int64_t difference : differences) {
    const auto size = static_cast<std::size_t>(std::abs(difference));
    if (size == 0) {
      continue;
    }
    reached += size;
    for (std::size_t s = reached + 1; s-- > 0;) {
      share[s] = 0.5 * (share[s] + (s >= size ? share[s - size] : 0.0));
    }
  }
  double p = 0.0;
  for (std::int64_t s = 0; s <= total; ++s) {
    p += std::abs(2 * s - total) >= std::abs(sum) ? share[static_cast<std::size_t>(s)] : 0.0;
  }
  return std::min(p, 1.0);
}

}  // namespace niwaki
