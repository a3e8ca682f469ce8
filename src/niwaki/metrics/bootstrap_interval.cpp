#include "niwaki/metrics/bootstrap_interval.hpp"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

#include "niwaki/core/error.hpp"
#include "niwaki/metrics/quantile.hpp"

namespace niwaki {
namespace {

double small_sample_factor(double patients) {
  return std::sqrt(patients / (patients - 1.0));
}

double normal_quantile(double confidence) {
  return boost::math::quantile(boost::math::normal(), 0.5 + confidence / 2.0);
}

/// z' of BootstrapOptions::effective_patients.
double widened_quantile(const BootstrapOptions& options) {
  const boost::math::students_t distribution(options.effective_patients - 1.0);
  return small_sample_factor(options.effective_patients) *
         boost::math::quantile(distribution, 0.5 + options.confidence / 2.0);
}

bool enough(std::size_t there, std::size_t all, const BootstrapOptions& options) {
  NIWAKI_CHECK(options.confidence > 0.0 && options.confidence < 1.0, "a confidence of {}", options.confidence);
  return there >= 2 && static_cast<double>(there) >= options.least_share * static_cast<double>(all) &&
         options.effective_patients >= 2.0;
}

std::vector<double> present(std::span<const double> replicates) {
  std::vector<double> values;
  values.reserve(replicates.size());
  std::copy_if(replicates.begin(), replicates.end(), std::back_inserter(values),
               [](double value) { return !std::isnan(value); });
  return values;
}

double deviation(std::span<const double> values) {
  double mean = 0.0;
  for (const double value : values) {
    mean += value;
  }
  mean /= static_cast<double>(values.size());
  double squares = 0.0;
  for (const double value : values) {
    squares += (value - mean) * (value - mean);
  }
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

/// The resamples in which every figure is there, as columns of [figures, those resamples].
std::vector<std::size_t> complete_resamples(MatrixView<const double> replicates) {
  std::vector<std::size_t> complete;
  for (std::size_t resample = 0; resample < replicates.columns(); ++resample) {
    bool whole = true;
    for (std::size_t figure = 0; figure < replicates.rows(); ++figure) {
      whole = whole && !std::isnan(replicates(figure, resample));
    }
    if (whole) {
      complete.push_back(resample);
    }
  }
  return complete;
}

std::vector<double> row_at(MatrixView<const double> replicates, std::size_t figure,
                           const std::vector<std::size_t>& resamples) {
  std::vector<double> values(resamples.size());
  std::transform(resamples.begin(), resamples.end(), values.begin(),
                 [&](std::size_t resample) { return replicates(figure, resample); });
  return values;
}

}  // namespace

double effective_patients(std::span<const std::size_t> images_of_patients) {
  double sum = 0.0;
  double squares = 0.0;
  for (const std::size_t images : images_of_patients) {
    sum += static_cast<double>(images);
    squares += static_cast<double>(images) * static_cast<double>(images);
  }
  return squares > 0.0 ? sum * sum / squares : 0.0;
}

bool all_alike(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [&](double value) { return value == values.front(); });
}

double standard_error(std::span<const double> replicates) {
  const std::vector<double> values = present(replicates);
  return values.size() < 2 ? 0.0 : deviation(values);
}

std::optional<Interval> percentile_interval(std::span<const double> replicates, const BootstrapOptions& options) {
  const std::vector<double> values = present(replicates);
  if (!enough(values.size(), replicates.size(), options) || all_alike(values)) {
    return std::nullopt;
  }
  const double share = boost::math::cdf(boost::math::normal(), -widened_quantile(options));
  return Interval{quantile(values, share).value(), quantile(values, 1.0 - share).value()};
}

std::optional<Interval> logit_interval(double estimate, std::span<const double> replicates, double resolution,
                                       const BootstrapOptions& options) {
  NIWAKI_CHECK(resolution > 0.0 && resolution <= 0.5, "a resolution of {}", resolution);
  std::vector<double> values = present(replicates);
  if (!enough(values.size(), replicates.size(), options) || all_alike(values) || estimate <= 0.0 || estimate >= 1.0) {
    return std::nullopt;
  }
  const auto logit = [](double value) { return std::log(value / (1.0 - value)); };
  for (double& value : values) {
    value = logit(std::clamp(value, resolution, 1.0 - resolution));
  }
  const double margin = widened_quantile(options) * deviation(values);
  const auto turned_back = [](double value) { return 1.0 / (1.0 + std::exp(-value)); };
  const double middle = logit(estimate);
  return Interval{turned_back(middle - margin), turned_back(middle + margin)};
}

std::optional<std::vector<Interval>> simultaneous_band(std::span<const double> estimates,
                                                       MatrixView<const double> replicates,
                                                       const BootstrapOptions& options) {
  NIWAKI_CHECK(estimates.size() == replicates.rows(), "{} estimates, replicates of {}", estimates.size(),
               replicates.rows());
  const std::vector<std::size_t> resamples = complete_resamples(replicates);
  if (!enough(resamples.size(), replicates.columns(), options)) {
    return std::nullopt;
  }
  std::vector<double> errors(estimates.size());
  std::vector<double> largest(resamples.size(), 0.0);
  for (std::size_t figure = 0; figure < estimates.size(); ++figure) {
    const std::vector<double> values = row_at(replicates, figure, resamples);
    errors[figure] = all_alike(values) ? 0.0 : deviation(values);
    for (std::size_t i = 0; errors[figure] > 0.0 && i < values.size(); ++i) {
      largest[i] = std::max(largest[i], std::abs(values[i] - estimates[figure]) / errors[figure]);
    }
  }
  const double widening = widened_quantile(options) / normal_quantile(options.confidence);
  const double critical = widening * quantile(largest, options.confidence).value();
  std::vector<Interval> band;
  for (std::size_t figure = 0; figure < estimates.size(); ++figure) {
    const double margin = critical * errors[figure];
    band.push_back({estimates[figure] - margin, estimates[figure] + margin});
  }
  return band;
}

std::optional<double> bootstrap_p(double estimate, std::span<const double> replicates,
                                  const BootstrapOptions& options) {
  const std::vector<double> values = present(replicates);
  if (!enough(values.size(), replicates.size(), options) || all_alike(values)) {
    return std::nullopt;
  }
  const double t = std::abs(estimate) / (small_sample_factor(options.effective_patients) * deviation(values));
  const boost::math::students_t distribution(options.effective_patients - 1.0);
  return std::min(1.0, 2.0 * boost::math::cdf(boost::math::complement(distribution, t)));
}

}  // namespace niwaki
