#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "niwaki/cohort/phantom/correlation.hpp"
#include "niwaki/cohort/phantom/frequencies.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki::phantom {

/// Which findings an image has.
using FindingSet = std::array<std::uint8_t, kFindings>;

/// What stays with a patient between images: one standard normal a finding.
using Disposition = std::array<double, kFindings>;

/// Draws sets of findings with the marginal shares and the pair counts of a table.
///
/// Each image has a normal latent vector z; finding c is there where z_c is above the threshold of its share.
/// The correlation of z is the tetrachoric correlation of each pair of the table (its lift shrunk towards 1 by the
/// weight of one image expected, so that a pair never seen is not thought impossible). z_c is
/// sqrt(p_c) x patient_c + sqrt(1 - p_c) x image_c, where the persistence p_c (chronic or acute) is how much of it
/// stays with the patient; both parts have the correlation R_ab / (sqrt(p_a p_b) + sqrt((1-p_a)(1-p_b))), so that
/// z has R. The matrix is then made positive definite, which moves some pairs a little.
class LabelSampler {
 public:
  /// A finding of share s is drawn with share hypot(s, tail_floor): none is rarer than the floor, and their
  /// order by frequency is kept. `persistence` is in [0, 1), one a finding.
  LabelSampler(const FindingFrequencies& frequencies, const std::array<double, kFindings>& persistence,
               double tail_floor);

  [[nodiscard]] Disposition patient(RandomStream& random) const;
  [[nodiscard]] FindingSet image(const Disposition& patient, RandomStream& random) const;
  /// The share of images that finding `finding` is drawn with.
  [[nodiscard]] double share(std::size_t finding) const { return shares_[finding]; }

 private:
  [[nodiscard]] Disposition correlated(RandomStream& random) const;

  std::array<double, kFindings> shares_{};
  std::array<double, kFindings> thresholds_{};
  std::array<double, kFindings> of_patient_{};
  std::array<double, kFindings> of_image_{};
  FindingMatrix lower_{};
};

}  // namespace niwaki::phantom
