#include "niwaki/core/preprocessing.hpp"

#include <cmath>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kLargestSide = 8192;

void check_side(std::size_t side, const char* field) {
  if (side < 1 || side > kLargestSide) {
    throw InputError(fmt::format("{} pixels is out of range", side), field,
                     fmt::format("choose 1 to {}", kLargestSide));
  }
}

}  // namespace

void Preprocessing::check() const {
  if (channels != 1 && channels != 3) {
    throw InputError(fmt::format("{} channels", channels), "preprocessing.channels", "choose 1 (grey) or 3 (RGB)");
  }
  check_side(height, "preprocessing.height");
  check_side(width, "preprocessing.width");
  if (mean.size() != channels || deviation.size() != channels) {
    throw InputError(fmt::format("{} means and {} deviations for {} channels", mean.size(), deviation.size(), channels),
                     "preprocessing.mean, preprocessing.deviation", "give one a channel");
  }
  for (std::size_t channel = 0; channel < channels; ++channel) {
    if (!std::isfinite(mean[channel])) {
      throw InputError("a mean is not a number", "preprocessing.mean", "give one number a channel");
    }
    if (!std::isfinite(deviation[channel]) || deviation[channel] <= 0) {
      throw InputError("a deviation is not above 0", "preprocessing.deviation", "give one positive number a channel");
    }
  }
}

Preprocessing imagenet_preprocessing(std::size_t channels, std::size_t height, std::size_t width) {
  Preprocessing result;
  result.channels = channels;
  result.height = height;
  result.width = width;
  if (channels == 1) {
    result.mean = {0.449F};
    result.deviation = {0.226F};
  }
  return result;
}

}  // namespace niwaki
