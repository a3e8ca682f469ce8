#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "niwaki/core/matrix_view.hpp"

namespace niwaki {

/// Two-sided, of `confidence` (0.95) where nothing else is said.
struct Interval {
  double low = 0.0;
  double high = 0.0;
};

/// How many patients of one size would tell as much as these: (sum m)^2 / sum m^2, where m is how many images of the
/// class a patient has (Kish, Survey Sampling, 1965, 8.2; for clustered standard errors Carter, Schnepel & Steigerwald,
/// Review of Economics and Statistics 99, 2017). Sizes of 0 do not count; 0 where all are.
double effective_patients(std::span<const std::size_t> images_of_patients);

/// What bootstrap intervals are made from. A replicate that is NaN (a resample without a positive image) is left out.
struct BootstrapOptions {
  double confidence = 0.95;  // between 0 and 1
  /// Resampling n patients shows a spread that is too small by sqrt((n - 1) / n) and ignores that it is estimated. Both
  /// are made good as Hesterberg proposes (The American Statistician 69, 2015, section 4.3): the normal quantile z is
  /// replaced by sqrt(n / (n - 1)) t(n - 1). 2 or more.
  double effective_patients = 0.0;
  /// Intervals need this share of the replicates; with fewer, what is left is no sample of the cohort.
  double least_share = 0.95;
};

/// Whether all are one value (true of none at all). Asked of the values and not of their deviation, which rounding can
/// leave a little above 0.
bool all_alike(std::span<const double> values);

/// The replicates' standard deviation, those that are NaN left out; 0 for fewer than two.
double standard_error(std::span<const double> replicates);

/// Hesterberg's expanded percentile interval: the replicates' quantiles at Phi(-z') and Phi(z'), with z' as above. For
/// figures whose replicates lean to one side as their errors do: AP, and differences between two networks. Nothing
/// where too few replicates are there, effective_patients is below 2, or all replicates are alike: resamples that never
/// differ say nothing of other patients.
std::optional<Interval> percentile_interval(std::span<const double> replicates, const BootstrapOptions& options);

/// estimate +- z' x standard error on the scale of log(x / (1 - x)), turned back, the standard error being the
/// replicates' deviation on that scale. For AUROC, whose error shrinks towards 1, so that a percentile interval lies
/// too high. Replicates nearer to 0 or 1 than `resolution` (half of the figure's smallest step) count as that far away.
/// Nothing also where the estimate is 0 or 1: all resamples are then alike, and say nothing of other patients.
std::optional<Interval> logit_interval(double estimate, std::span<const double> replicates, double resolution,
                                       const BootstrapOptions& options);

/// Intervals that hold for all of several figures at once (single-step max-t; Westfall & Young, Resampling-Based
/// Multiple Testing, 1993; Efron & Hastie 2016, 20.3). `replicates`: [figures, resamples]. Each is
/// estimate +- c x standard error, with c the quantile of the largest |replicate - estimate| / standard error over the
/// figures, widened as z' / z. A figure whose replicates are all its estimate (a network that pruning did not touch)
/// has a band of no width and takes no part in c. Nothing where too few resamples have all figures.
std::optional<std::vector<Interval>> simultaneous_band(std::span<const double> estimates,
                                                       MatrixView<const double> replicates,
                                                       const BootstrapOptions& options);

/// Two-sided p-value of the true figure being 0: Student's t with effective_patients - 1 degrees of freedom for
/// estimate / (sqrt(n / (n - 1)) x standard error). Not the share of replicates beyond 0, whose smallest step of
/// 1 / resamples no correction for many comparisons survives. Nothing as above, and where all replicates are alike.
std::optional<double> bootstrap_p(double estimate, std::span<const double> replicates, const BootstrapOptions& options);

}  // namespace niwaki
