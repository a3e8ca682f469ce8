#include "niwaki/imaging/quality.hpp"

#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

Image grey(std::size_t height, std::size_t width, float value = 0.5F) {
  return {1, height, width, std::vector<float>(height * width, value)};
}

/// A slope from left to right with noise of this deviation.
Image noisy_slope(double deviation) {
  Image image = grey(200, 300);
  RandomStream random(1, "quality_test");
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] =
        static_cast<float>(0.3 + 0.4 * static_cast<double>(i % 300) / 299.0 + deviation * random.normal());
  }
  return image;
}

TEST(ImageQuality, noise_is_the_deviation_that_was_added) {
  EXPECT_NEAR(measure_quality(noisy_slope(0.02)).noise, 0.02, 0.0005);
  EXPECT_NEAR(measure_quality(noisy_slope(0.005)).noise, 0.005, 0.0002);
  EXPECT_NEAR(measure_quality(noisy_slope(0)).noise, 0.0, 1e-6);
}

TEST(ImageQuality, contrast_is_the_spread_of_the_middle_nine_tenths) {
  EXPECT_NEAR(measure_quality(noisy_slope(0)).contrast, 0.9 * 0.4, 0.01);
  EXPECT_EQ(measure_quality(grey(10, 10)).contrast, 0.0);
}

TEST(ImageQuality, sharpness_falls_where_a_picture_is_blurred) {
  Image sharp = grey(60, 60, 0.2F);
  for (std::size_t i = 0; i < sharp.pixels.size(); ++i) {
    sharp.pixels[i] = (i % 60 / 10 + i / 600) % 2 == 0 ? 0.2F : 0.8F;
  }
  const Image blurred = resized(resized(sharp, 15, 15), 60, 60);
  EXPECT_GT(measure_quality(sharp).sharpness, 5 * measure_quality(blurred).sharpness);
}

TEST(ImageQuality, clipping_counts_pixels_at_the_ends) {
  Image image = grey(10, 10);
  std::fill_n(image.pixels.begin(), 7, 1.0F);
  std::fill_n(image.pixels.begin() + 7, 5, 0.0F);
  EXPECT_NEAR(measure_quality(image).clipping, 0.12, 1e-12);
}

TEST(ImageQuality, border_is_the_area_of_even_margins) {
  Image image = grey(20, 40, 0.0F);
  for (std::size_t y = 2; y < 15; ++y) {
    for (std::size_t x = 4; x < 33; ++x) {
      image.pixels[y * 40 + x] = 0.3F + 0.01F * static_cast<float>((x + y) % 5);
    }
  }
  EXPECT_NEAR(measure_quality(image).border, 1 - 13.0 * 29.0 / 800.0, 1e-12);
  EXPECT_EQ(measure_quality(grey(10, 10)).border, 1.0);
  EXPECT_EQ(measure_quality(noisy_slope(0.02)).border, 0.0);
}

TEST(ImageQuality, colour_becomes_luma_and_tiny_pictures_are_refused) {
  Image colour = with_channels(noisy_slope(0.01), 3);
  EXPECT_NEAR(measure_quality(colour).noise, measure_quality(noisy_slope(0.01)).noise, 1e-6);
  EXPECT_THROW(measure_quality(grey(2, 5)), InputError);
}

}  // namespace
}  // namespace niwaki
