#include "niwaki/metrics/calibration_sums.hpp"

#include <cmath>
#include <cstring>
#include <vector>

#include "niwaki/core/error.hpp"
#include "niwaki/metrics/calibration_kernel.hpp"

namespace niwaki {
namespace {

constexpr double kLn2 = 0.693147180559945309417232121458;
static_assert(CalibrationBins::kBins == calibration::kBins);

calibration::Kernel kernel_for(InstructionSet set) {
  return kernel_of(set, calibration::baseline::add_up, calibration::avx2::add_up, calibration::avx512::add_up);
}

double summed(const double (&lanes)[calibration::kLanes]) {
  double sum = 0.0;
  for (const double lane : lanes) {
    sum += lane;
  }
  return sum;
}

/// The images whose label is known, where not all are.
struct Known {
  std::vector<float> scores;
  std::vector<std::int8_t> labels;
};

/// Asked of eight labels at once: an unknown one is below 0, so its highest bit is set.
bool any_unknown(std::span<const std::int8_t> labels) {
  std::uint64_t seen = 0;
  std::size_t image = 0;
  for (; image + sizeof seen <= labels.size(); image += sizeof seen) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, labels.data() + image, sizeof eight);
    seen |= eight;
  }
  for (; image < labels.size(); ++image) {
    seen |= static_cast<std::uint8_t>(labels[image]);
  }
  return (seen & 0x8080808080808080U) != 0;
}

Known known_images(std::span<const float> scores, std::span<const std::int8_t> labels) {
  Known known;
  for (std::size_t image = 0; image < labels.size(); ++image) {
    if (labels[image] >= 0) {
      known.scores.push_back(scores[image]);
      known.labels.push_back(labels[image]);
    }
  }
  return known;
}

}  // namespace

CalibrationSums::CalibrationSums(std::span<const float> scores, std::span<const std::int8_t> labels,
                                 InstructionSet set) {
  NIWAKI_CHECK(scores.size() == labels.size(), "{} scores, {} labels", scores.size(), labels.size());
  if (any_unknown(labels)) {
    const Known known = known_images(scores, labels);
    *this = CalibrationSums(known.scores, known.labels, set);
    return;
  }
  images_ = scores.size();
  calibration::Sums sums{};
  const std::size_t whole = images_ - images_ % calibration::kLanes;
  kernel_for(set)(scores.data(), labels.data(), whole, kLogLossClip, sums);
  squares_ = summed(sums.squares);
  for (std::size_t lane = 0; lane < calibration::kLanes; ++lane) {
    losses_ -= std::log(sums.mantissas[lane]) + static_cast<double>(sums.exponents[lane]) * kLn2;
  }
  double above = 0.0;
  for (std::size_t bin = 1; bin < gaps_.size(); ++bin) {
    gaps_[bin] = std::ldexp(static_cast<double>(sums.gaps_in[bin]), -calibration::kFractionBits);
    above += gaps_[bin];
  }
  gaps_[0] = summed(sums.gaps) - above;
  // The last images, fewer than there are lanes.
  if (whole < images_) {
    const std::span<const float> rest = scores.subspan(whole);
    const std::span<const std::int8_t> rest_labels = labels.subspan(whole);
    const auto count = static_cast<double>(rest.size());
    squares_ += niwaki::brier_score(rest, rest_labels).value() * count;
    losses_ += niwaki::log_loss(rest, rest_labels).value() * count;
    CalibrationBins bins;
    bins.add(rest, rest_labels);
    for (std::size_t bin = 0; bin < gaps_.size(); ++bin) {
      gaps_[bin] += bins.bins()[bin].probabilities - static_cast<double>(bins.bins()[bin].positives);
    }
  }
}

void CalibrationSums::merge(const CalibrationSums& other) {
  images_ += other.images_;
  squares_ += other.squares_;
  losses_ += other.losses_;
  for (std::size_t bin = 0; bin < gaps_.size(); ++bin) {
    gaps_[bin] += other.gaps_[bin];
  }
}

std::optional<double> CalibrationSums::brier_score() const {
  return images_ == 0 ? std::nullopt : std::optional(squares_ / static_cast<double>(images_));
}

std::optional<double> CalibrationSums::log_loss() const {
  return images_ == 0 ? std::nullopt : std::optional(losses_ / static_cast<double>(images_));
}

std::optional<double> CalibrationSums::expected_calibration_error() const {
  if (images_ == 0) {
    return std::nullopt;
  }
  double sum = 0.0;
  for (const double gap : gaps_) {
    sum += std::abs(gap);
  }
  return sum / static_cast<double>(images_);
}

}  // namespace niwaki
