#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

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

/// Each is 0 where its denominator is (scikit-learn's zero_division=0): nothing called, or nothing to find.
double precision(const Confusion& confusion);
double recall(const Confusion& confusion);
/// 2 TP / (2 TP + FP + FN).
double f1(const Confusion& confusion);

}  // namespace niwaki
