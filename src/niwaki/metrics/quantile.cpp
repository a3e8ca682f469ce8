#include "niwaki/metrics/quantile.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "niwaki/core/error.hpp"

namespace niwaki {

std::optional<double> quantile(std::span<const double> values, double share) {
  NIWAKI_CHECK(share >= 0.0 && share <= 1.0, "the quantile at {}", share);
  if (values.empty()) {
    return std::nullopt;
  }
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const double position = share * static_cast<double>(sorted.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(std::floor(position)), sorted.size() - 1);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], position - static_cast<double>(below));
}

std::optional<double> median(std::span<const double> values) {
  return quantile(values, 0.5);
}

}  // namespace niwaki
