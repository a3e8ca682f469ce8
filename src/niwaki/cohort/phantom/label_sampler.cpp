#include "niwaki/cohort/phantom/label_sampler.hpp"

#include <algorithm>
#include <cmath>

namespace niwaki::phantom {
namespace {

/// The share of images with both findings, its lift shrunk towards 1 as if one more image had been expected and seen.
double shrunk_share_together(const FindingFrequencies& frequencies, std::size_t a, std::size_t b) {
  const double images = static_cast<double>(frequencies.images);
  const double expected = images * frequencies.share(a) * frequencies.share(b);
  const double lift = (frequencies.together[a][b] + 1.0) / (expected + 1.0);
  return lift * frequencies.share(a) * frequencies.share(b);
}

/// What the patient's and the image's parts must correlate by for their sum to have the table's correlation.
FindingMatrix latent_correlation(const FindingFrequencies& frequencies,
                                 const std::array<double, kFindings>& persistence) {
  constexpr double kStrongest = 0.99;
  constexpr double kSmallestEigenvalue = 1e-3;
  FindingMatrix matrix{};
  for (std::size_t a = 0; a < kFindings; ++a) {
    matrix[a][a] = 1;
    for (std::size_t b = 0; b < a; ++b) {
      const double wanted =
          tetrachoric_correlation(frequencies.share(a), frequencies.share(b), shrunk_share_together(frequencies, a, b));
      const double carried =
          std::sqrt(persistence[a] * persistence[b]) + std::sqrt((1 - persistence[a]) * (1 - persistence[b]));
      matrix[a][b] = matrix[b][a] = std::clamp(wanted / carried, -kStrongest, kStrongest);
    }
  }
  return nearest_correlation(matrix, kSmallestEigenvalue);
}

}  // namespace

LabelSampler::LabelSampler(const FindingFrequencies& frequencies, const std::array<double, kFindings>& persistence,
                           double tail_floor)
    : lower_(cholesky(latent_correlation(frequencies, persistence))) {
  for (std::size_t finding = 0; finding < kFindings; ++finding) {
    shares_[finding] = std::sqrt(frequencies.share(finding) * frequencies.share(finding) + tail_floor * tail_floor);
    thresholds_[finding] = normal_quantile(1 - shares_[finding]);
    of_patient_[finding] = std::sqrt(persistence[finding]);
    of_image_[finding] = std::sqrt(1 - persistence[finding]);
  }
}

Disposition LabelSampler::correlated(RandomStream& random) const {
  Disposition independent{};
  for (double& value : independent) {
    value = random.normal();
  }
  Disposition result{};
  for (std::size_t i = 0; i < kFindings; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      result[i] += lower_[i][j] * independent[j];
    }
  }
  return result;
}

Disposition LabelSampler::patient(RandomStream& random) const {
  return correlated(random);
}

FindingSet LabelSampler::image(const Disposition& patient, RandomStream& random) const {
  const Disposition own = correlated(random);
  FindingSet findings{};
  for (std::size_t i = 0; i < kFindings; ++i) {
    const double latent = of_patient_[i] * patient[i] + of_image_[i] * own[i];
    findings[i] = latent > thresholds_[i] ? 1 : 0;
  }
  return findings;
}

}  // namespace niwaki::phantom
