#pragma once

#include <cstddef>
#include <vector>

#include "niwaki/cohort/cohort.hpp"
#include "niwaki/core/matrix_view.hpp"
#include "niwaki/train/repair/repair.hpp"

namespace niwaki {

/// omega of `least-squares`, one an image, of mean 1: an image counts by the rarest of its findings,
///   omega_i ~ max(1, min(m, max over positive classes c of (p_max / p_c)^g)),  p_c = (n_c + 1) / (k_c + 2),
/// n_c of class c's k_c known labels being positive (the prevalence shrunk towards a half, so that a class without a
/// positive image does no harm), p_max the largest p_c, g = tail_exponent, m = largest_weight. All 1 where `labels` has
/// no rows.
std::vector<double> image_weights(MatrixView<const Label> labels, std::size_t images,
                                  const LeastSquaresOptions& options);

}  // namespace niwaki
