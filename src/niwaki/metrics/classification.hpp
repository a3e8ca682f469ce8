#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "niwaki/metrics/ranking.hpp"

namespace niwaki {

/// What calling a finding present at a threshold got right and wrong.
struct Confusion {
  std::size_t true_positives = 0;
  std::size_t false_positives = 0;
  std::size_t false_negatives = 0;
  std::size_t true_negatives = 0;
};

/// Counts of one class, a finding being called where score >= threshold. `labels`: 1, 0, or below 0 (unknown; left
/// out).
Confusion confusion_at(std::span<const float> scores, std::span<const std::int8_t> labels, double threshold);

/// The lowest float32 that is not below `threshold`, so that comparing with it in float32 says the same; NaN of NaN,
/// which calls nothing.
float lowest_called(double threshold);

/// Each is 0 where its denominator is (scikit-learn's zero_division=0): nothing called, or nothing to find, or (for
/// specificity) no image without the finding.
double precision(const Confusion& confusion);
/// TP / (TP + FN), which is also called sensitivity.
double recall(const Confusion& confusion);
/// TN / (TN + FP).
double specificity(const Confusion& confusion);
/// 2 TP / (2 TP + FP + FN).
double f1(const Confusion& confusion);

/// The largest sensitivity of all thresholds whose specificity is at least `specificity`, in [0, 1]. The thresholds are
/// the distinct scores and one above all of them, which calls nothing: its sensitivity is 0 and its specificity 1, so
/// there is always one. Nothing is read between two thresholds. A specificity is the nearest double to its ratio: 19
/// images of 20 are at least 0.95. Nothing where no image is positive, or none negative.
std::optional<double> sensitivity_at_specificity(const RankedScores& ranked, double specificity);

}  // namespace niwaki
