#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "niwaki/metrics/bootstrap_interval.hpp"

namespace niwaki {

/// A figure and where it lies for other patients; nothing where too few patients tell.
struct Estimate {
  std::optional<double> value;
  std::optional<Interval> interval;
};

/// Values, and the patient that each belongs to.
struct PatientValues {
  std::vector<double> values;
  std::vector<std::size_t> patients;  // one a value: 0, 1, ... without gaps

  [[nodiscard]] std::size_t patient_count() const;
  /// How many values each patient has.
  [[nodiscard]] std::vector<std::size_t> values_of_patients() const;
};

struct PatientEstimateOptions {
  std::size_t resamples = 2000;       // of the patients; 0: no intervals
  std::size_t minimum_patients = 20;  // below, nothing is said; 2 or more
  std::uint64_t seed = 1;
};

/// The median (numpy's) or mean of the values, with the percentile interval of resamples of patients, each with all its
/// values (metrics/bootstrap_interval.hpp, patient_resamples.hpp). Empty below the minimum of patients.
Estimate median_over_patients(const PatientValues& values, const PatientEstimateOptions& options);
Estimate mean_over_patients(const PatientValues& values, const PatientEstimateOptions& options);

/// A share of which each value is 0 or 1. Where no patient has two values, the interval is Clopper and Pearson's exact
/// one (Biometrika 26, 1934). Else it is that of resampled patients; where all values are alike, so that resamples
/// never differ, Clopper and Pearson's with patients for trials.
struct ShareEstimate {
  Estimate share;
  std::string interval_by;  // "Clopper-Pearson", "patients resampled", or "" where there is none
};
ShareEstimate share_over_patients(const PatientValues& values, const PatientEstimateOptions& options);

/// Clopper and Pearson's two-sided interval of 95%. `trials` is 1 or more.
Interval clopper_pearson(std::size_t events, std::size_t trials);

}  // namespace niwaki
