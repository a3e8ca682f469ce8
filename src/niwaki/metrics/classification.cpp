#include "niwaki/metrics/classification.hpp"

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

double precision(const Confusion& confusion) {
  return ratio_or_zero(confusion.true_positives, confusion.true_positives + confusion.false_positives);
}

double recall(const Confusion& confusion) {
  return ratio_or_zero(confusion.true_positives, confusion.true_positives + confusion.false_negatives);
}

double f1(const Confusion& confusion) {
  const std::size_t twice = 2 * confusion.true_positives;
  return ratio_or_zero(twice, twice + confusion.false_positives + confusion.false_negatives);
}

}  // namespace niwaki
