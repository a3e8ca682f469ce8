#include "niwaki/train/learning_rate.hpp"

#include <cmath>
#include <numbers>

namespace niwaki {
namespace {

constexpr double kShareRising = 0.3;
constexpr double kStartDivisor = 25;
constexpr double kEndDivisor = 1e4;

/// From `start` to `end` along half a cosine; `share` of the way in [0, 1].
double along_cosine(double start, double end, double share) {
  return end + (start - end) / 2 * (1 + std::cos(std::numbers::pi * share));
}

}  // namespace

double learning_rate_at(const TrainOptions& options, std::size_t step, std::size_t total) {
  if (options.schedule == "constant") {
    return options.learning_rate;
  }
  const double start = options.learning_rate / kStartDivisor;
  const double turn = kShareRising * static_cast<double>(total) - 1;
  const double last = static_cast<double>(total) - 1;
  const auto now = static_cast<double>(step);
  if (now < turn) {
    return along_cosine(start, options.learning_rate, now / turn);
  }
  const double falling_from = std::fmax(turn, 0);
  const double share = last > falling_from ? (now - falling_from) / (last - falling_from) : 0;
  return along_cosine(options.learning_rate, start / kEndDivisor, share);
}

}  // namespace niwaki
