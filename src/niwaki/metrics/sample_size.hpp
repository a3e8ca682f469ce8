#pragma once

#include <optional>
#include <span>
#include <vector>

namespace niwaki {

struct SampleSizeOptions {
  double significance = 0.05;  // two-sided, in (0, 1)
  double power = 0.80;         // in (0, 1)
};

/// Independent values, in two groups of one size together, that the Mann-Whitney test needs to see the difference
/// between `a` and `b`, were these the true distributions:
///   N = (z_{1 - significance / 2} + z_power)^2 (1 - sum_c ((p_c + q_c) / 2)^3) / (3 (P(a > b) + P(a = b) / 2 -
///   1/2)^2),
/// p_c and q_c being the shares of value c in each: Noether (JASA 82, 1987), with the ties of Zhao, Rahardja & Qu
/// (Statistics in Medicine 27, 2008). Not rounded. Nothing where a group is empty, and where neither is the greater.
std::optional<double> mann_whitney_sample_size(std::span<const double> a, std::span<const double> b,
                                               const SampleSizeOptions& options = {});

/// Values of one cluster (the readings of one image), and clusters of one stratum (images of one group).
using Clusters = std::vector<std::vector<double>>;

/// The intraclass correlation of values in one cluster, by analysis of variance within strata: (MSB - MSW) /
/// (MSB + (m - 1) MSW) with m the average cluster size (Donner, International Statistical Review 54, 1986; ICC(1,1) of
/// Shrout & Fleiss, Psychological Bulletin 86, 1979, where there is one stratum and all clusters have one size). It may
/// be below 0. Nothing where no stratum has two clusters, where no cluster has two values, or where all are the same.
std::optional<double> intraclass_correlation(std::span<const Clusters> strata);

/// By how much clusters of `size` values that correlate by `correlation` must outnumber independent values:
/// 1 + (size - 1) correlation (Kish, Survey Sampling, 1965). A correlation below 0 counts as 0.
double design_effect(double correlation, double size);

}  // namespace niwaki
