#include "niwaki/metrics/student.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

#include <boost/math/distributions/students_t.hpp>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

struct Moments {
  double mean = 0.0;
  double variance = 0.0;  // by n - 1
};

// Of two values or more. Values that are all the same have exactly that mean and no variance, whatever a sum's
// rounding.
Moments moments(std::span<const double> values) {
  NIWAKI_CHECK(std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); }),
               "one of {} values is not finite", values.size());
  if (std::all_of(values.begin(), values.end(), [&](double value) { return value == values.front(); })) {
    return {values.front(), 0.0};
  }
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  const double squares = std::accumulate(values.begin(), values.end(), 0.0, [&](double sum, double value) {
    return sum + (value - mean) * (value - mean);
  });
  return {mean, squares / (n - 1.0)};
}

}  // namespace

std::optional<WelchTest> welch_test(std::span<const double> first, std::span<const double> second) {
  if (first.size() < 2 || second.size() < 2) {
    return std::nullopt;
  }
  const Moments one = moments(first);
  const Moments other = moments(second);
  // The squared standard errors of the two means.
  const double error_one = one.variance / static_cast<double>(first.size());
  const double error_other = other.variance / static_cast<double>(second.size());
  const double error = error_one + error_other;
  const double t = (one.mean - other.mean) / std::sqrt(error);
  // Welch and Satterthwaite's, by shares of the error, which do not underflow.
  const double share_one = error_one / error;
  const double share_other = error_other / error;
  const double freedom = 1.0 / (share_one * share_one / static_cast<double>(first.size() - 1) +
                                share_other * share_other / static_cast<double>(second.size() - 1));
  // No variance, or one that is lost below 1e-308 or beyond 1e308; then nothing can be said.
  if (!std::isfinite(t) || !std::isfinite(freedom)) {
    return std::nullopt;
  }
  const boost::math::students_t distribution(freedom);
  const double tail = boost::math::cdf(boost::math::complement(distribution, std::abs(t)));
  return WelchTest{t, freedom, std::min(1.0, 2.0 * tail)};
}

std::optional<PairedTest> paired_test(std::span<const double> first, std::span<const double> second) {
  NIWAKI_CHECK(first.size() == second.size(), "{} values paired with {}", first.size(), second.size());
  if (first.size() < 2) {
    return std::nullopt;
  }
  std::vector<double> differences(first.size());
  std::transform(first.begin(), first.end(), second.begin(), differences.begin(), std::minus<>());
  const Moments found = moments(differences);
  const double t = found.mean / std::sqrt(found.variance / static_cast<double>(first.size()));
  if (!std::isfinite(t)) {
    return std::nullopt;
  }
  const boost::math::students_t distribution(static_cast<double>(first.size() - 1));
  return PairedTest{t, std::min(1.0, 2.0 * boost::math::cdf(boost::math::complement(distribution, std::abs(t))))};
}

std::optional<MeanInterval> mean_interval(std::span<const double> values, double confidence) {
  NIWAKI_CHECK(confidence > 0.0 && confidence < 1.0, "a confidence of {}", confidence);
  if (values.size() < 2) {
    return std::nullopt;
  }
  const Moments sample = moments(values);
  const auto n = static_cast<double>(values.size());
  const boost::math::students_t distribution(n - 1.0);
  const double quantile = boost::math::quantile(boost::math::complement(distribution, 0.5 * (1.0 - confidence)));
  const double deviation = std::sqrt(sample.variance);
  const double reach = quantile * deviation / std::sqrt(n);
  return MeanInterval{sample.mean, deviation, sample.mean - reach, sample.mean + reach};
}

}  // namespace niwaki
