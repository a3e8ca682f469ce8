#include "niwaki/metrics/sample_size.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <boost/math/distributions/normal.hpp>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Sums of squares and their degrees of freedom, over strata.
struct Variance {
  double between = 0.0;
  double within = 0.0;
  double between_freedom = 0.0;
  double within_freedom = 0.0;
  double size = 0.0;  // sum over strata of n - sum(m^2) / n

  void add(const Clusters& clusters) {
    double n = 0.0;
    double sum = 0.0;
    double squared_sizes = 0.0;
    double filled = 0.0;
    for (const std::vector<double>& cluster : clusters) {
      const auto size_here = static_cast<double>(cluster.size());
      n += size_here;
      sum += std::accumulate(cluster.begin(), cluster.end(), 0.0);
      squared_sizes += size_here * size_here;
      filled += cluster.empty() ? 0.0 : 1.0;
    }
    if (filled == 0.0) {
      return;
    }
    for (const std::vector<double>& cluster : clusters) {
      if (!cluster.empty()) {
        const double centre = mean(cluster);
        between += static_cast<double>(cluster.size()) * (centre - sum / n) * (centre - sum / n);
        for (const double value : cluster) {
          within += (value - centre) * (value - centre);
        }
      }
    }
    between_freedom += filled - 1.0;
    within_freedom += n - filled;
    size += n - squared_sizes / n;
  }
};

}  // namespace

std::optional<double> mann_whitney_sample_size(std::span<const double> a, std::span<const double> b,
                                               const SampleSizeOptions& options) {
  NIWAKI_CHECK(options.significance > 0.0 && options.significance < 1.0 && options.power > 0.0 && options.power < 1.0,
               "significance {}, power {}", options.significance, options.power);
  if (a.empty() || b.empty()) {
    return std::nullopt;
  }
  std::map<double, std::pair<double, double>> shares;  // of each value in a and in b
  for (const double value : a) {
    shares[value].first += 1.0 / static_cast<double>(a.size());
  }
  for (const double value : b) {
    shares[value].second += 1.0 / static_cast<double>(b.size());
  }
  double greater = 0.0;  // P(a > b) + P(a = b) / 2
  double below = 0.0;    // P(b < value)
  double tied = 0.0;
  for (const auto& [value, share] : shares) {
    greater += share.first * (below + share.second / 2.0);
    below += share.second;
    tied += std::pow((share.first + share.second) / 2.0, 3);
  }
  if (std::abs(greater - 0.5) < 1e-9) {
    return std::nullopt;
  }
  const boost::math::normal normal;
  const double z =
      boost::math::quantile(normal, 1.0 - options.significance / 2.0) + boost::math::quantile(normal, options.power);
  return z * z * (1.0 - tied) / (3.0 * (greater - 0.5) * (greater - 0.5));
}

std::optional<double> intraclass_correlation(std::span<const Clusters> strata) {
  Variance variance;
  for (const Clusters& clusters : strata) {
    variance.add(clusters);
  }
  if (variance.between_freedom <= 0.0 || variance.within_freedom <= 0.0) {
    return std::nullopt;
  }
  const double between = variance.between / variance.between_freedom;
  const double within = variance.within / variance.within_freedom;
  const double whole = between + (variance.size / variance.between_freedom - 1.0) * within;
  return whole > 0.0 ? std::optional((between - within) / whole) : std::nullopt;
}

double design_effect(double correlation, double size) {
  return 1.0 + std::max(0.0, size - 1.0) * std::max(0.0, correlation);
}

}  // namespace niwaki
