#include "niwaki/explain/patient_estimate.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "niwaki/core/error.hpp"
#include "niwaki/metrics/binomial_bound.hpp"
#include "niwaki/metrics/patient_resamples.hpp"
#include "niwaki/metrics/quantile.hpp"

namespace niwaki {
namespace {

/// Calls figure(weights of the values) for each resample of the patients.
std::optional<Interval> resampled_interval(const PatientValues& values, const PatientEstimateOptions& options,
                                           const std::function<double(std::span<const double>)>& figure) {
  if (options.resamples == 0) {
    return std::nullopt;
  }
  const PatientResamples resamples(values.patient_count(), options.resamples, options.seed);
  std::vector<double> replicates;
  std::vector<double> weights(values.values.size());
  for (std::size_t resample = 0; resample < options.resamples; ++resample) {
    std::ranges::transform(values.patients, weights.begin(), [&](std::size_t patient) {
      return static_cast<double>(resamples.weight(resample, patient));
    });
    replicates.push_back(figure(weights));
  }
  return percentile_interval(replicates, {.effective_patients = effective_patients(values.values_of_patients())});
}

double weighted_mean(std::span<const double> values, std::span<const double> weights) {
  return std::inner_product(values.begin(), values.end(), weights.begin(), 0.0) /
         std::accumulate(weights.begin(), weights.end(), 0.0);
}

/// The median of the values, each there `weight` times (whole numbers, one above 0), by their rising order.
double weighted_median(std::span<const double> values, std::span<const double> weights,
                       std::span<const std::size_t> order) {
  const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
  double below = 0.0;
  std::optional<double> lower;
  for (const std::size_t at : order) {
    below += weights[at];
    if (!lower && 2 * below >= all && weights[at] > 0) {
      lower = values[at];
    }
    if (2 * below > all && weights[at] > 0) {
      return 0.5 * (*lower + values[at]);
    }
  }
  NIWAKI_CHECK(false, "weights of {} in all", all);
  return 0.0;
}

bool enough(const PatientValues& values, const PatientEstimateOptions& options) {
  NIWAKI_CHECK(values.values.size() == values.patients.size(), "{} values", values.values.size());
  NIWAKI_CHECK(options.minimum_patients >= 2, "a minimum of {} patients", options.minimum_patients);
  return values.patient_count() >= options.minimum_patients;
}

}  // namespace

std::size_t PatientValues::patient_count() const {
  return patients.empty() ? 0 : *std::ranges::max_element(patients) + 1;
}

std::vector<std::size_t> PatientValues::values_of_patients() const {
  std::vector<std::size_t> counts(patient_count(), 0);
  for (const std::size_t patient : patients) {
    ++counts[patient];
  }
  return counts;
}

Estimate median_over_patients(const PatientValues& values, const PatientEstimateOptions& options) {
  if (!enough(values, options)) {
    return {};
  }
  std::vector<std::size_t> order(values.values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t at) { return values.values[at]; });
  return {median(values.values), resampled_interval(values, options, [&](std::span<const double> weights) {
            return weighted_median(values.values, weights, order);
          })};
}

Estimate mean_over_patients(const PatientValues& values, const PatientEstimateOptions& options) {
  if (!enough(values, options)) {
    return {};
  }
  const std::vector<double> once(values.values.size(), 1.0);
  return {weighted_mean(values.values, once), resampled_interval(values, options, [&](std::span<const double> weights) {
            return weighted_mean(values.values, weights);
          })};
}

ShareEstimate share_over_patients(const PatientValues& values, const PatientEstimateOptions& options) {
  ShareEstimate result;
  if (!enough(values, options)) {
    return result;
  }
  const std::size_t patients = values.patient_count();
  const auto events = static_cast<std::size_t>(std::accumulate(values.values.begin(), values.values.end(), 0.0));
  if (patients == values.values.size() || events == 0 || events == values.values.size()) {
    result.share.value = static_cast<double>(events) / static_cast<double>(values.values.size());
    result.share.interval = clopper_pearson(events == 0                      ? 0
                                            : events == values.values.size() ? patients
                                                                             : events,
                                            patients);
    result.interval_by = "Clopper-Pearson";
    return result;
  }
  result.share = mean_over_patients(values, options);
  result.interval_by = result.share.interval ? "patients resampled" : "";
  return result;
}

Interval clopper_pearson(std::size_t events, std::size_t trials) {
  constexpr double kOneSided = 0.975;
  return {1.0 - clopper_pearson_upper(trials - events, trials, kOneSided),
          clopper_pearson_upper(events, trials, kOneSided)};
}

}  // namespace niwaki
