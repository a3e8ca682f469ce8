#include "niwaki/metrics/multiple_testing.hpp"

#include <algorithm>
#include <numeric>

#include "niwaki/core/error.hpp"

namespace niwaki {

std::vector<double> holm(std::span<const double> p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (const double p : p_values) {
    NIWAKI_CHECK(p >= 0.0 && p <= 1.0, "a p-value of {}", p);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(p_values.size());
  double largest = 0.0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto not_yet_seen = static_cast<double>(order.size() - i);
    largest = std::max(largest, std::min(1.0, not_yet_seen * p_values[order[i]]));
    adjusted[order[i]] = largest;
  }
  return adjusted;
}

}  // namespace niwaki
