#include "niwaki/metrics/mann_whitney.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <vector>

#include "niwaki/core/error.hpp"
#include "niwaki/metrics/ranking.hpp"

namespace niwaki {
namespace {

// For each sum, how many choices of `chosen` of these ranks have it. No more than C(40, 20) < 2^53 in all.
std::vector<std::uint64_t> ways_to_sum(std::span<const std::size_t> ranks, std::size_t chosen) {
  const std::size_t sums = std::accumulate(ranks.begin(), ranks.end(), std::size_t{0}) + 1;
  // ways[k][sum], of the ranks seen so far
  std::vector<std::vector<std::uint64_t>> ways(chosen + 1, std::vector<std::uint64_t>(sums, 0));
  ways[0][0] = 1;
  for (const std::size_t rank : ranks) {
    for (std::size_t k = chosen; k > 0; --k) {
      for (std::size_t sum = rank; sum < sums; ++sum) {
        ways[k][sum] += ways[k - 1][sum - rank];
      }
    }
  }
  return ways[chosen];
}

// `ranks`: the first `chosen` are those of the one sample.
double exact_p(std::span<const double> ranks, std::size_t chosen) {
  // Tied ranks are halves, so twice the ranks are whole.
  std::vector<std::size_t> doubled(ranks.size());
  std::transform(ranks.begin(), ranks.end(), doubled.begin(),
                 [](double rank) { return static_cast<std::size_t>(2.0 * rank); });
  const auto observed =
      std::accumulate(doubled.begin(), doubled.begin() + static_cast<std::ptrdiff_t>(chosen), std::size_t{0});
  const std::vector<std::uint64_t> ways = ways_to_sum(doubled, chosen);
  std::uint64_t at_most = 0;
  std::uint64_t at_least = 0;
  for (std::size_t sum = 0; sum < ways.size(); ++sum) {
    at_most += sum <= observed ? ways[sum] : 0;
    at_least += sum >= observed ? ways[sum] : 0;
  }
  const std::uint64_t all = at_most + at_least - ways[observed];
  return std::min(1.0, 2.0 * static_cast<double>(std::min(at_most, at_least)) / static_cast<double>(all));
}

// The sum over tied values of t^3 - t, t being how many share one.
double tie_term(std::span<const double> ranks) {
  std::vector<double> sorted(ranks.begin(), ranks.end());
  std::sort(sorted.begin(), sorted.end());
  double sum = 0.0;
  for (auto begin = sorted.begin(); begin != sorted.end();) {
    const auto end = std::upper_bound(begin, sorted.end(), *begin);
    const auto tied = static_cast<double>(end - begin);
    sum += tied * tied * tied - tied;
    begin = end;
  }
  return sum;
}

double normal_p(std::span<const double> ranks, double u, double pairs) {
  const auto n = static_cast<double>(ranks.size());
  const double variance = pairs / 12.0 * (n + 1.0 - tie_term(ranks) / (n * (n - 1.0)));
  const double beyond = std::abs(u - 0.5 * pairs) - 0.5;
  if (variance <= 0.0 || beyond <= 0.0) {
    return 1.0;
  }
  return std::erfc(beyond / std::sqrt(variance) / std::numbers::sqrt2);
}

}  // namespace

std::optional<MannWhitney> mann_whitney(std::span<const double> first, std::span<const double> second) {
  if (first.empty() || second.empty()) {
    return std::nullopt;
  }
  std::vector<double> values(first.begin(), first.end());
  values.insert(values.end(), second.begin(), second.end());
  NIWAKI_CHECK(std::none_of(values.begin(), values.end(), [](double value) { return std::isnan(value); }),
               "one of {} values is NaN", values.size());
  const std::vector<double> ranks = average_ranks(values);
  const auto n = static_cast<double>(first.size());
  const double rank_sum =
      std::accumulate(ranks.begin(), ranks.begin() + static_cast<std::ptrdiff_t>(first.size()), 0.0);
  const double u = rank_sum - 0.5 * n * (n + 1.0);
  if (values.size() <= kMannWhitneyExactUpTo) {
    return MannWhitney{u, exact_p(ranks, first.size()), true};
  }
  return MannWhitney{u, normal_p(ranks, u, n * static_cast<double>(second.size())), false};
}

}  // namespace niwaki
