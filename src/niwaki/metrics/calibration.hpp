#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace niwaki {

// How far the probabilities of a finding are from how often it is there. In all of this file `scores` are
// probabilities, one an image, from 0 to 1 and never NaN; `labels` one an image: 1, 0, or below 0 (unknown; left
// out). A figure is nothing where no label is known. Probabilities are of the finding, not of the likelier answer: a
// score of 0.1 says that one such image in ten has it.

/// The mean of (probability - label)^2 (Brier 1950; scikit-learn's brier_score_loss).
std::optional<double> brier_score(std::span<const float> scores, std::span<const std::int8_t> labels);

/// What a probability is kept away from 0 and 1 by in log_loss(): float32's epsilon, 2^-23, as scikit-learn 1.2's
/// log_loss has it for float32 (eps="auto": np.finfo(dtype).eps). One wrong answer given as certain costs 15.94 at
/// most.
inline constexpr double kLogLossClip = 0x1p-23;

/// The mean of -ln(the probability of what is there), probabilities being clipped to [kLogLossClip, 1 - kLogLossClip]:
/// scikit-learn's log_loss(labels, scores.astype(float64), eps=kLogLossClip, labels=[0, 1]). (Given float32 scores,
/// that one takes 1 - score in float32.) Right to a relative 1e-12, however small the loss.
std::optional<double> log_loss(std::span<const float> scores, std::span<const std::int8_t> labels);

/// Images binned by their probability, from which the expected calibration error follows. The columns of several
/// classes may be added to one, and bins merged: the error is then pooled, each (image, class) counting once. Within a
/// bin the excess of one class may then make up for what another lacks.
///
/// There are 15 bins of equal width (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, there of the
/// likeliest class). Bin m = 0 ... 14 holds the probabilities in (m/15, (m+1)/15], and the first one 0 as well. No
/// float but 0 and 1 lies on an edge, and none is rounded to another bin: 1/3 as a float is above 1/3.
class CalibrationBins {
 public:
  static constexpr std::size_t kBins = 15;

  struct Bin {
    std::size_t images = 0;
    std::size_t positives = 0;
    double probabilities = 0.0;  // their sum
  };

  void add(std::span<const float> scores, std::span<const std::int8_t> labels);
  void merge(const CalibrationBins& other);

  /// Lowest probabilities first.
  [[nodiscard]] const std::array<Bin, kBins>& bins() const { return bins_; }

  /// The sum over bins of (its share of the images) x |share of positives - mean probability|.
  [[nodiscard]] std::optional<double> expected_calibration_error() const;

 private:
  std::array<Bin, kBins> bins_{};
};

/// That of one class.
std::optional<double> expected_calibration_error(std::span<const float> scores, std::span<const std::int8_t> labels);

}  // namespace niwaki
