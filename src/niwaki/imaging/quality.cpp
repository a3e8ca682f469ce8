#include "niwaki/imaging/quality.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

constexpr float kSameGrey = 2.0F / 255.0F;

/// Grey values by row and column.
struct Plane {
  std::vector<float> values;
  std::size_t height = 0;
  std::size_t width = 0;
  [[nodiscard]] double at(std::size_t y, std::size_t x) const { return static_cast<double>(values[y * width + x]); }
};

double percentile_spread(std::vector<float> values) {
  const auto at = [&](double share) {
    const auto place = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), place, values.end());
    return static_cast<double>(*place);
  };
  return at(0.95) - at(0.05);
}

/// Mean absolute value of the mask [1 -2 1; -2 4 -2; 1 -2 1], which plane and edge parts of a picture leave at 0, as
/// the deviation of the noise that would give it.
double noise_of(const Plane& plane) {
  double sum = 0;
  for (std::size_t y = 1; y + 1 < plane.height; ++y) {
    for (std::size_t x = 1; x + 1 < plane.width; ++x) {
      const double corners =
          plane.at(y - 1, x - 1) + plane.at(y - 1, x + 1) + plane.at(y + 1, x - 1) + plane.at(y + 1, x + 1);
      const double sides = plane.at(y - 1, x) + plane.at(y + 1, x) + plane.at(y, x - 1) + plane.at(y, x + 1);
      sum += std::abs(corners - 2 * sides + 4 * plane.at(y, x));
    }
  }
  const auto inner = static_cast<double>((plane.height - 2) * (plane.width - 2));
  return std::sqrt(std::numbers::pi / 2) / 6 * sum / inner;
}

double laplacian_variance(const Plane& plane) {
  double sum = 0;
  double squares = 0;
  for (std::size_t y = 1; y + 1 < plane.height; ++y) {
    for (std::size_t x = 1; x + 1 < plane.width; ++x) {
      const double value =
          plane.at(y - 1, x) + plane.at(y + 1, x) + plane.at(y, x - 1) + plane.at(y, x + 1) - 4 * plane.at(y, x);
      sum += value;
      squares += value * value;
    }
  }
  const auto inner = static_cast<double>((plane.height - 2) * (plane.width - 2));
  return squares / inner - (sum / inner) * (sum / inner);
}

/// How many lines from the first on are all of the first pixel's grey. `value(line, place)`.
template <typename Value>
std::size_t even_lines(std::size_t lines, std::size_t places, const Value& value) {
  const float grey = value(0, 0);
  std::size_t even = 0;
  for (; even < lines; ++even) {
    for (std::size_t place = 0; place < places; ++place) {
      if (std::abs(value(even, place) - grey) > kSameGrey) {
        return even;
      }
    }
  }
  return even;
}

double border_share(const Plane& plane) {
  const auto pixel = [&](std::size_t y, std::size_t x) { return plane.values[y * plane.width + x]; };
  const std::size_t h = plane.height;
  const std::size_t w = plane.width;
  const std::size_t top = even_lines(h, w, pixel);
  if (top == h) {
    return 1;  // all of one grey
  }
  const std::size_t bottom = even_lines(h, w, [&](std::size_t y, std::size_t x) { return pixel(h - 1 - y, x); });
  const std::size_t inner = h - top - bottom;
  const std::size_t left = even_lines(w, inner, [&](std::size_t x, std::size_t y) { return pixel(top + y, x); });
  const std::size_t right =
      even_lines(w, inner, [&](std::size_t x, std::size_t y) { return pixel(top + y, w - 1 - x); });
  return 1 - static_cast<double>(inner * (w - std::min(w, left + right))) / static_cast<double>(h * w);
}

}  // namespace

ImageQuality measure_quality(const Image& image) {
  if (image.height < 3 || image.width < 3) {
    throw InputError(fmt::format("{} x {} pixels are too few to measure", image.height, image.width), "a picture",
                     "give one of 3 x 3 pixels or more");
  }
  const Image grey = with_channels(image, 1);
  const Plane plane{grey.pixels, grey.height, grey.width};
  const auto clipped = std::count_if(plane.values.begin(), plane.values.end(),
                                     [](float value) { return value <= 0.0F || value >= 1.0F; });
  return {.contrast = percentile_spread(plane.values),
          .noise = noise_of(plane),
          .sharpness = laplacian_variance(plane),
          .clipping = static_cast<double>(clipped) / static_cast<double>(plane.values.size()),
          .border = border_share(plane)};
}

}  // namespace niwaki
