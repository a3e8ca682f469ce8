#include "niwaki/imaging/stored_pixels.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

/// Where the two pixels are that a pixel of the resized picture lies between, and how much the second counts:
/// half-pixel centres, as cv::resize has them.
struct Between {
  std::size_t first = 0;
  std::size_t second = 0;
  float weight = 0;
};

std::vector<Between> places(std::size_t from, std::size_t to) {
  std::vector<Between> found(to);
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  for (std::size_t i = 0; i < to; ++i) {
    const auto place = static_cast<float>((static_cast<double>(i) + 0.5) * scale - 0.5);
    const auto below = static_cast<std::ptrdiff_t>(std::floor(place));
    if (below < 0) {
      found[i] = {0, 0, 0};
    } else if (static_cast<std::size_t>(below) + 1 >= from) {
      found[i] = {from - 1, from - 1, 0};
    } else {
      found[i] = {static_cast<std::size_t>(below), static_cast<std::size_t>(below) + 1,
                  place - static_cast<float>(below)};
    }
  }
  return found;
}

/// Reads samples of one layout quickly; bits_at() says the same slowly.
template <typename Sample, bool Swapped>
class Reader {
 public:
  explicit Reader(const StoredPixels& stored)
      : stored_(stored), shown_(stored.shown->data()), shift_(stored.shift), mask_(stored.mask) {}

  [[nodiscard]] const unsigned char* row(std::size_t channel, std::size_t row) const {
    return stored_.bytes + stored_.channel_begin[channel] + row * stored_.row_step;
  }
  [[nodiscard]] float value(const unsigned char* row, std::size_t column) const {
    Sample sample;
    std::memcpy(&sample, row + column * stored_.column_step, sizeof sample);
    std::uint32_t bits = sample;
    if constexpr (Swapped) {
      bits = ((bits & 0xFF) << 8) | (bits >> 8);
    }
    return shown_[(bits >> shift_) & mask_];
  }

 private:
  const StoredPixels& stored_;
  const float* shown_;
  unsigned shift_;
  std::uint32_t mask_;
};

template <typename Use>
void with_reader(const StoredPixels& stored, const Use& use) {
  static_assert(std::endian::native == std::endian::little);
  NIWAKI_CHECK(stored.shown && stored.shown->size() == std::size_t{stored.mask} + 1, "no table of {}", stored.mask);
  if (stored.sample_bytes == 1) {
    use(Reader<std::uint8_t, false>(stored));
  } else if (stored.big_endian) {
    use(Reader<std::uint16_t, true>(stored));
  } else {
    use(Reader<std::uint16_t, false>(stored));
  }
}

template <typename Pixels>
void fill_whole(const StoredPixels& stored, const Pixels& pixels, Image& image) {
  float* out = image.pixels.data();
  for (std::size_t channel = 0; channel < image.channels; ++channel) {
    for (std::size_t y = 0; y < image.height; ++y) {
      const unsigned char* row = pixels.row(channel, y);
      for (std::size_t x = 0; x < stored.width; ++x) {
        *out++ = pixels.value(row, x);
      }
    }
  }
}

template <typename Pixels>
void fill_resized(const StoredPixels& stored, const Pixels& pixels, Image& image) {
  const std::vector<Between> down = places(stored.height, image.height);
  const std::vector<Between> along = places(stored.width, image.width);
  float* out = image.pixels.data();
  for (std::size_t channel = 0; channel < image.channels; ++channel) {
    for (const Between& y : down) {
      const unsigned char* upper = pixels.row(channel, y.first);
      const unsigned char* lower = pixels.row(channel, y.second);
      for (const Between& x : along) {
        const auto between = [&](const unsigned char* row) {
          return pixels.value(row, x.first) * (1 - x.weight) + pixels.value(row, x.second) * x.weight;
        };
        *out++ = between(upper) * (1 - y.weight) + between(lower) * y.weight;
      }
    }
  }
}

std::shared_ptr<const std::vector<float>> ramp(std::size_t count) {
  auto values = std::make_shared<std::vector<float>>(count);
  for (std::size_t i = 0; i < count; ++i) {
    (*values)[i] = static_cast<float>(static_cast<double>(i) / static_cast<double>(count - 1));
  }
  return values;
}

}  // namespace

std::shared_ptr<const std::vector<float>> shown_as_they_are(std::size_t sample_bytes) {
  static const auto bytes = ramp(std::size_t{1} << 8);
  static const auto words = ramp(std::size_t{1} << 16);
  return sample_bytes == 1 ? bytes : words;
}

Image to_image(const StoredPixels& stored) {
  Image image{stored.channels, stored.height, stored.width, {}};
  image.pixels.resize(stored.channels * stored.height * stored.width);
  with_reader(stored, [&](const auto& pixels) { fill_whole(stored, pixels, image); });
  return image;
}

Image to_image(const StoredPixels& stored, std::size_t height, std::size_t width) {
  NIWAKI_CHECK(height > 0 && width > 0, "{} x {}", height, width);
  if (stored.height == height && stored.width == width) {
    return to_image(stored);
  }
  // Where pixels are looked at several times, floats are cheaper.
  if (height * width * 2 > stored.height * stored.width) {
    return resized(to_image(stored), height, width);
  }
  Image image{stored.channels, height, width, {}};
  image.pixels.resize(stored.channels * height * width);
  with_reader(stored, [&](const auto& pixels) { fill_resized(stored, pixels, image); });
  return image;
}

}  // namespace niwaki
