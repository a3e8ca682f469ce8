#include "niwaki/imaging/stored_pixels.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

/// Noise of this layout: samples of 12 of 16 bits from bit 2 on, or of 8.
StoredPixels noise(std::size_t channels, std::size_t height, std::size_t width, std::size_t bytes, bool planar,
                   bool big_endian) {
  RandomStream random(1, "test");
  auto memory = std::make_shared<std::vector<unsigned char>>(channels * height * width * bytes);
  for (unsigned char& byte : *memory) {
    byte = static_cast<unsigned char>(random.below(256));
  }
  StoredPixels stored{.channels = channels, .height = height, .width = width, .sample_bytes = bytes};
  stored.big_endian = big_endian;
  stored.column_step = planar ? bytes : bytes * channels;
  stored.row_step = stored.column_step * width;
  const std::size_t step = planar ? bytes * height * width : bytes;
  stored.channel_begin = {0, step, 2 * step};
  stored.bytes = memory->data();
  stored.memory = memory;
  stored.shift = bytes == 2 ? 2 : 0;
  stored.mask = bytes == 2 ? 0xFFF : 0xFF;
  auto shown = std::make_shared<std::vector<float>>(stored.mask + 1);
  for (float& value : *shown) {
    value = static_cast<float>(random.uniform());
  }
  stored.shown = shown;
  return stored;
}

void expect_same(const StoredPixels& stored) {
  const Image whole = to_image(stored);
  ASSERT_EQ(whole.pixels.size(), stored.channels * stored.height * stored.width);
  std::size_t i = 0;
  for (std::size_t channel = 0; channel < stored.channels; ++channel) {
    for (std::size_t row = 0; row < stored.height; ++row) {
      for (std::size_t column = 0; column < stored.width; ++column) {
        ASSERT_EQ(whole.pixels[i++], (*stored.shown)[stored.bits_at(channel, row, column)]);
      }
    }
  }
  for (const auto& [height, width] :
       {std::pair<std::size_t, std::size_t>{7, 5}, {1, 1}, {20, 3}, {64, 64}, {100, 81}, {31, 90}}) {
    const Image slow = resized(whole, height, width);
    EXPECT_THAT(to_image(stored, height, width).pixels, ::testing::Pointwise(::testing::FloatNear(2e-6F), slow.pixels))
        << height << " x " << width;
  }
}

TEST(ToImage, of_every_layout_is_the_slow_reading_and_the_slow_resizing) {
  for (const std::size_t channels : {1, 3}) {
    for (const bool planar : {false, true}) {
      expect_same(noise(channels, 100, 81, 1, planar, false));
      expect_same(noise(channels, 100, 81, 2, planar, false));
      expect_same(noise(channels, 100, 81, 2, planar, true));
    }
  }
}

}  // namespace
}  // namespace niwaki
