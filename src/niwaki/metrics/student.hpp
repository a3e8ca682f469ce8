#pragma once

#include <optional>
#include <span>

namespace niwaki {

// Means of small samples by Student's t. No value may be NaN or infinite.

struct WelchTest {
  double t = 0.0;  // above 0 where the mean of the first sample is the larger one
  double degrees_of_freedom = 0.0;
  double p = 1.0;  // two-sided
};

/// Whether two samples have the same mean, their variances being free to differ (Welch 1947; scipy's ttest_ind with
/// equal_var=False). Nothing where a sample has fewer than two values, or where both are constant.
std::optional<WelchTest> welch_test(std::span<const double> first, std::span<const double> second);

struct PairedTest {
  double t = 0.0;  // above 0 where the first of each pair is the larger one on average
  double p = 1.0;  // two-sided
};

/// Whether pairs have the same mean: Student's t of their differences with n - 1 degrees of freedom (scipy's
/// ttest_rel). Nothing for fewer than two pairs, or where all differences are the same.
std::optional<PairedTest> paired_test(std::span<const double> first, std::span<const double> second);

struct MeanInterval {
  double mean = 0.0;
  double standard_deviation = 0.0;  // of the values, by n - 1
  double low = 0.0;
  double high = 0.0;
};

/// The mean and the interval that holds the true one with this confidence, in (0, 1), where values are normal: mean -+
/// t(n - 1) sd / sqrt(n) (scipy's t.interval with scale=sem). Nothing for fewer than two values.
std::optional<MeanInterval> mean_interval(std::span<const double> values, double confidence = 0.95);

}  // namespace niwaki
