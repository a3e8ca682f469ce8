#pragma once

#include <array>

#include "niwaki/cohort/phantom/frequencies.hpp"

namespace niwaki::phantom {

/// One number for each two findings, row-major.
using FindingMatrix = std::array<std::array<double, kFindings>, kFindings>;

/// P(X <= x) of the standard normal, and its inverse for probabilities in (0, 1).
double normal_distribution(double x);
double normal_quantile(double probability);

/// P(X > h and Y > k) of two standard normals with this correlation, which is in (-1, 1): Plackett's integral over
/// the correlation t (Biometrika 41, 1954), with t = sin(angle), by Simpson's rule.
double both_above(double h, double k, double correlation);

/// The correlation of two standard normals that are above their thresholds in shares `a` and `b` of all cases, and
/// together in share `both` (Pearson's tetrachoric correlation), within [-0.98, 0.98].
double tetrachoric_correlation(double a, double b, double both);

/// Makes a symmetric matrix with ones on its diagonal a correlation matrix: eigenvalues below `smallest` are raised
/// to it, then rows and columns rescaled to ones on the diagonal (the eigenvalue method of Rousseeuw & Molenberghs,
/// Commun. Statist. Theory Methods 22(4), 1993). Eigenvalues by Jacobi's rotations.
FindingMatrix nearest_correlation(const FindingMatrix& matrix, double smallest);

/// The lower triangle L with L L' = matrix, which must be positive definite.
FindingMatrix cholesky(const FindingMatrix& matrix);

}  // namespace niwaki::phantom
