#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "niwaki/core/instruction_set.hpp"
#include "niwaki/metrics/calibration.hpp"

namespace niwaki {

/// The figures of calibration.hpp for many columns: Brier score, log loss and expected calibration error from one pass
/// over the images, several times faster than the three functions there, and equal to them but for rounding. Labels,
/// scores, clip and bins are as there.
class CalibrationSums {
 public:
  CalibrationSums() = default;
  CalibrationSums(std::span<const float> scores, std::span<const std::int8_t> labels,
                  InstructionSet set = instruction_set());

  /// Pools the images of another column with these.
  void merge(const CalibrationSums& other);

  [[nodiscard]] std::optional<double> brier_score() const;
  [[nodiscard]] std::optional<double> log_loss() const;
  [[nodiscard]] std::optional<double> expected_calibration_error() const;

 private:
  std::size_t images_ = 0;
  double squares_ = 0.0;
  double losses_ = 0.0;
  std::array<double, CalibrationBins::kBins> gaps_{};  // of each bin, probability - label summed
};

}  // namespace niwaki
