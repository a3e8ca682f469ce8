#include "niwaki/metrics/kruskal_wallis.hpp"

#include <algorithm>

#include <boost/math/distributions/chi_squared.hpp>

#include "niwaki/metrics/ranking.hpp"

namespace niwaki {
namespace {

/// Sum of t^3 - t over groups of t equal values.
double tie_sum(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  double sum = 0.0;
  for (std::size_t begin = 0; begin < values.size();) {
    std::size_t end = begin;
    while (end < values.size() && values[end] == values[begin]) {
      ++end;
    }
    const auto tied = static_cast<double>(end - begin);
    sum += tied * tied * tied - tied;
    begin = end;
  }
  return sum;
}

}  // namespace

std::optional<KruskalWallis> kruskal_wallis(std::span<const std::vector<double>> groups) {
  std::vector<double> all;
  for (const std::vector<double>& group : groups) {
    if (group.empty()) {
      return std::nullopt;
    }
    all.insert(all.end(), group.begin(), group.end());
  }
  const auto n = static_cast<double>(all.size());
  const double ties = tie_sum(all);
  if (groups.size() < 2 || ties >= n * n * n - n) {
    return std::nullopt;
  }
  const std::vector<double> ranks = average_ranks(all);
  double squares = 0.0;
  std::size_t begin = 0;
  for (const std::vector<double>& group : groups) {
    double sum = 0.0;
    for (std::size_t i = 0; i < group.size(); ++i) {
      sum += ranks[begin + i];
    }
    begin += group.size();
    squares += sum * sum / static_cast<double>(group.size());
  }
  const double uncorrected = 12.0 / (n * (n + 1.0)) * squares - 3.0 * (n + 1.0);
  // Rounding can leave equal groups a little below 0.
  const double h = std::max(0.0, uncorrected / (1.0 - ties / (n * n * n - n)));
  const std::size_t freedom = groups.size() - 1;
  const boost::math::chi_squared distribution(static_cast<double>(freedom));
  return KruskalWallis{h, freedom, boost::math::cdf(boost::math::complement(distribution, h))};
}

}  // namespace niwaki
