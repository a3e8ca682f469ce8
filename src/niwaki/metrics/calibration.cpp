#include "niwaki/metrics/calibration.hpp"

#include <algorithm>
#include <cmath>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

// The sum of the logarithms of many likelihoods, with one logarithm for kPerLogarithm of them: of their product.
//
// The logarithm of a product near 1 has lost what the factors were below 1. So what the product lacks of 1 is kept
// beside it, as a sum of positive terms, and the logarithm taken of the one that is known better.
class LogLikelihood {
 public:
  // `rest`: 1 - likelihood, exactly.
  void add(double rest) {
    lacking_ += rest * product_;
    product_ *= 1.0 - rest;
    if (++held_ == kPerLogarithm) {
      take_logarithm();
    }
  }

  double sum() {
    take_logarithm();
    return static_cast<double>(sum_);
  }

 private:
  // Likelihoods are 2^-23 (kLogLossClip) at the least, and their product must not come to a subnormal number.
  static constexpr int kPerLogarithm = 32;
  static_assert(23 * kPerLogarithm < 1022);

  void take_logarithm() {
    sum_ += lacking_ > 0.5 ? std::log(product_) : std::log1p(-lacking_);
    product_ = 1.0;
    lacking_ = 0.0;
    held_ = 0;
  }

  double product_ = 1.0;
  double lacking_ = 0.0;
  int held_ = 0;
  long double sum_ = 0.0;  // long, so that millions of terms do not wear its last digits away
};

// Calls visit(probability, label is 1) for each image whose label is known.
template <typename Visit>
std::size_t for_each_known(std::span<const float> scores, std::span<const std::int8_t> labels, Visit visit) {
  NIWAKI_CHECK(scores.size() == labels.size(), "{} scores, {} labels", scores.size(), labels.size());
  std::size_t known = 0;
  for (std::size_t image = 0; image < scores.size(); ++image) {
    if (labels[image] >= 0) {
      const float score = scores[image];
      NIWAKI_CHECK(score >= 0.0F && score <= 1.0F, "the score of image {} is {}, no probability", image, score);
      visit(static_cast<double>(score), labels[image] > 0);
      ++known;
    }
  }
  return known;
}

std::optional<double> mean_of(double sum, std::size_t count) {
  return count == 0 ? std::nullopt : std::optional(sum / static_cast<double>(count));
}

std::size_t bin_of(double probability) {
  // A float has 24 bits and 15 has 4, so the product is exact.
  const double place = static_cast<double>(CalibrationBins::kBins) * probability;
  const auto bin = static_cast<std::size_t>(place);
  const bool on_lower_edge = static_cast<double>(bin) == place;
  return on_lower_edge && bin > 0 ? bin - 1 : bin;
}

}  // namespace

std::optional<double> brier_score(std::span<const float> scores, std::span<const std::int8_t> labels) {
  double squares = 0.0;
  const std::size_t known = for_each_known(scores, labels, [&](double probability, bool positive) {
    const double gap = positive ? 1.0 - probability : probability;
    squares += gap * gap;
  });
  return mean_of(squares, known);
}

std::optional<double> log_loss(std::span<const float> scores, std::span<const std::int8_t> labels) {
  LogLikelihood likelihood;
  const std::size_t known = for_each_known(scores, labels, [&](double probability, bool positive) {
    // A float from 2^-23 up has no bit below 2^-46, so the difference from 1 is exact.
    const double clipped = std::clamp(probability, kLogLossClip, 1.0 - kLogLossClip);
    likelihood.add(positive ? 1.0 - clipped : clipped);
  });
  return mean_of(-likelihood.sum(), known);
}

void CalibrationBins::add(std::span<const float> scores, std::span<const std::int8_t> labels) {
  for_each_known(scores, labels, [&](double probability, bool positive) {
    Bin& bin = bins_[bin_of(probability)];
    ++bin.images;
    bin.positives += positive ? 1 : 0;
    bin.probabilities += probability;
  });
}

void CalibrationBins::merge(const CalibrationBins& other) {
  for (std::size_t m = 0; m < kBins; ++m) {
    bins_[m].images += other.bins_[m].images;
    bins_[m].positives += other.bins_[m].positives;
    bins_[m].probabilities += other.bins_[m].probabilities;
  }
}

std::optional<double> CalibrationBins::expected_calibration_error() const {
  std::size_t images = 0;
  double gaps = 0.0;  // each times the images of its bin
  for (const Bin& bin : bins_) {
    images += bin.images;
    gaps += std::abs(static_cast<double>(bin.positives) - bin.probabilities);
  }
  return mean_of(gaps, images);
}

std::optional<double> expected_calibration_error(std::span<const float> scores, std::span<const std::int8_t> labels) {
  CalibrationBins bins;
  bins.add(scores, labels);
  return bins.expected_calibration_error();
}

}  // namespace niwaki
