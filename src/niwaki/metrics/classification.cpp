#include "niwaki/metrics/classification.hpp"

#include <cmath>
#include <limits>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

double ratio_or_zero(std::size_t numerator, std::size_t denominator) {
  return denominator == 0 ? 0.0 : static_cast<double>(numerator) / static_cast<double>(denominator);
}

}  // namespace

Confusion confusion_at(std::span<const float> scores, std::span<const std::int8_t> labels, double threshold) {
  NIWAKI_CHECK(scores.size() == labels.size(), "{} scores, {} labels", scores.size(), labels.size());
  // counts[label][called]
  std::size_t counts[2][2] = {{0, 0}, {0, 0}};
  for (std::size_t image = 0; image < scores.size(); ++image) {
    if (labels[image] >= 0) {
      const bool called = static_cast<double>(scores[image]) >= threshold;
      ++counts[labels[image] > 0 ? 1 : 0][called ? 1 : 0];
    }
  }
  return {counts[1][1], counts[0][1], counts[1][0], counts[0][0]};
}

float lowest_called(double threshold) {
  const auto lowest = static_cast<float>(threshold);
  return static_cast<double>(lowest) < threshold ? std::nextafter(lowest, std::numeric_limits<float>::infinity())
                                                 : lowest;
}

double precision(const Confusion& confusion) {
  return ratio_or_zero(confusion.true_positives, confusion.true_positives + confusion.false_positives);
}

double recall(const Confusion& confusion) {
  return ratio_or_zero(confusion.true_positives, confusion.true_positives + confusion.false_negatives);
}

double specificity(const Confusion& confusion) {
  return ratio_or_zero(confusion.true_negatives, confusion.true_negatives + confusion.false_positives);
}

double f1(const Confusion& confusion) {
  const std::size_t twice = 2 * confusion.true_positives;
  return ratio_or_zero(twice, twice + confusion.false_positives + confusion.false_negatives);
}

std::optional<double> sensitivity_at_specificity(const RankedScores& ranked, double specificity) {
  NIWAKI_CHECK(specificity >= 0.0 && specificity <= 1.0, "a specificity of {}", specificity);
  if (ranked.positives() == 0 || ranked.negatives() == 0) {
    return std::nullopt;
  }
  std::size_t found = 0;
  std::size_t left_alone = ranked.negatives();
  // As the threshold falls sensitivity rises and specificity falls, so the last that is allowed is the best.
  for (const RankedScores::Group& group : ranked.groups()) {
    left_alone -= group.negatives;
    if (ratio_or_zero(left_alone, ranked.negatives()) < specificity) {
      break;
    }
    found += group.positives;
  }
  return ratio_or_zero(found, ranked.positives());
}

}  // namespace niwaki
