#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace niwaki {

/// Resamples of a cohort's patients: in each, as many patients as there are, drawn with replacement, and with a patient
/// all images (the cluster bootstrap; Davison & Hinkley, Bootstrap Methods and their Application, 1997, 3.8; Field &
/// Welsh, JRSS B 69, 2007). Images of one patient are alike, so resampling images instead gives intervals that are too
/// narrow. A resample is kept as integer weights: how often each patient was drawn.
///
/// Memory layout: resamples stand in blocks of kLanes side by side; the weight of patient p in resample r is
/// block(r / kLanes)[p * kLanes + r % kLanes]. The lanes of the last block that are no resample hold weight 0.
class PatientResamples {
 public:
  static constexpr std::size_t kLanes = 32;

  /// Resample r is drawn from a stream of its own, so it is the same with any number of threads and of resamples.
  /// `patients` and `resamples` are at least 1.
  PatientResamples(std::size_t patients, std::size_t resamples, std::uint64_t seed);

  [[nodiscard]] std::size_t patients() const { return patients_; }
  [[nodiscard]] std::size_t resamples() const { return resamples_; }
  [[nodiscard]] std::size_t blocks() const { return (resamples_ + kLanes - 1) / kLanes; }
  [[nodiscard]] std::span<const std::uint8_t> block(std::size_t block) const {
    return std::span(weights_).subspan(block * patients_ * kLanes, patients_ * kLanes);
  }
  [[nodiscard]] std::uint8_t weight(std::size_t resample, std::size_t patient) const {
    return block(resample / kLanes)[patient * kLanes + resample % kLanes];
  }
  /// The largest weight of any patient in any resample.
  [[nodiscard]] std::uint8_t largest_weight() const { return largest_weight_; }

 private:
  std::size_t patients_;
  std::size_t resamples_;
  std::uint8_t largest_weight_ = 0;
  std::vector<std::uint8_t> weights_;
};

}  // namespace niwaki
