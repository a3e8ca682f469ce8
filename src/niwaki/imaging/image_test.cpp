#include "niwaki/imaging/image.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>
#include <unistd.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

using ::testing::HasSubstr;

std::string encoded(const cv::Mat& pixels, const char* ending) {
  std::vector<unsigned char> bytes;
  cv::imencode(ending, pixels, bytes);
  return {bytes.begin(), bytes.end()};
}

/// Values that differ at every pixel and channel.
template <typename T>
cv::Mat ramp(int channels, int type, T step) {
  cv::Mat pixels(5, 7, CV_MAKETYPE(type, channels));
  for (int i = 0; i < 5 * 7 * channels; ++i) {
    pixels.ptr<T>()[i] = static_cast<T>(i * step);
  }
  return pixels;
}

std::string error_of(const std::string& bytes) {
  try {
    decode_image(bytes, "picture.png");
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(DecodeImage, grey_of_8_and_16_bits_is_exact) {
  const Image bytes = decode_image(encoded(ramp<unsigned char>(1, CV_8U, 7), ".png"), "x");
  EXPECT_EQ(bytes.channels, 1U);
  EXPECT_EQ(bytes.height, 5U);
  EXPECT_EQ(bytes.width, 7U);
  EXPECT_FLOAT_EQ(bytes.pixels[10], 70 / 255.0F);
  const Image words = decode_image(encoded(ramp<unsigned short>(1, CV_16U, 1800), ".png"), "x");
  EXPECT_FLOAT_EQ(words.pixels[10], 18000 / 65535.0F);
}

TEST(DecodeImage, colours_are_red_green_blue_and_transparency_is_dropped) {
  const cv::Mat blue_green_red_alpha(1, 1, CV_8UC4, cv::Scalar(10, 20, 30, 0));
  const Image image = decode_image(encoded(blue_green_red_alpha, ".png"), "x");
  ASSERT_EQ(image.channels, 3U);
  EXPECT_FLOAT_EQ(image.pixels[0], 30 / 255.0F);
  EXPECT_FLOAT_EQ(image.pixels[1], 20 / 255.0F);
  EXPECT_FLOAT_EQ(image.pixels[2], 10 / 255.0F);
}

TEST(DecodeImage, a_jpeg_is_read) {
  const cv::Mat grey(16, 16, CV_8UC1, cv::Scalar(128));
  EXPECT_NEAR(decode_image(encoded(grey, ".jpg"), "x").pixels[5], 128 / 255.0, 0.02);
}

TEST(DecodeImage, a_png_truncated_anywhere_is_refused) {
  const std::string whole = encoded(ramp<unsigned char>(3, CV_8U, 2), ".png");
  EXPECT_EQ(error_of(whole), "");
  for (std::size_t length = 8; length < whole.size(); ++length) {
    EXPECT_THAT(error_of(whole.substr(0, length)), HasSubstr("truncated: picture.png")) << length;
  }
}

TEST(DecodeImage, a_png_with_a_flipped_bit_is_refused) {
  std::string bytes = encoded(ramp<unsigned char>(3, CV_8U, 2), ".png");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
  EXPECT_NE(error_of(bytes), "");
}

TEST(DecodeImage, a_jpeg_truncated_anywhere_is_refused) {
  cv::Mat noise(40, 40, CV_8UC3);
  cv::randu(noise, 0, 255);
  const std::string whole = encoded(noise, ".jpg");
  EXPECT_EQ(error_of(whole), "");
  for (std::size_t length = 2; length < whole.size(); length += 13) {
    EXPECT_NE(error_of(whole.substr(0, length)), "") << length;
  }
}

TEST(DecodeImage, what_is_no_picture_is_refused) {
  EXPECT_THAT(error_of("<html>"), HasSubstr("neither PNG nor JPEG"));
  EXPECT_THAT(error_of(""), HasSubstr("neither PNG nor JPEG"));
}

TEST(DecodeImage, an_absurd_size_is_refused_before_it_is_allocated) {
  // A PNG header that claims 2^31-1 x 2^31-1 pixels, its checksum right.
  const std::string header("\x00\x00\x00\x0dIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x00\x00\x00\x00\x31\xa2\x54\xba",
                           25);
  const std::string end("\x00\x00\x00\x00IEND\xae\x42\x60\x82", 12);
  EXPECT_THAT(error_of("\x89PNG\r\n\x1a\n" + header + end), HasSubstr("100 million"));
}

TEST(ReadImage, a_missing_file_is_named) {
  EXPECT_THROW(read_image("/no/such.png"), InputError);
  EXPECT_THROW(read_image("/tmp"), InputError);
}

TEST(EncodePng, what_is_written_reads_back_and_is_clipped) {
  const Image image{3, 1, 2, {0.0F, 1.0F, 0.2F, 0.4F, -1.0F, 2.0F}};
  const Image back = decode_image(encode_png(image), "x");
  EXPECT_THAT(back.pixels,
              ::testing::Pointwise(::testing::FloatNear(0.002F), std::vector<float>{0, 1, 0.2F, 0.4F, 0, 1}));
}

TEST(EncodeJpeg, gives_back_about_what_it_was_given) {
  const Image colour{3, 8, 8, std::vector<float>(192, 0.5F)};
  const std::string bytes = encode_jpeg(colour, 85);
  EXPECT_TRUE(bytes.starts_with("\xFF\xD8\xFF"));
  const Image back = decode_image(bytes, "x");
  EXPECT_EQ(back.channels, 3U);
  EXPECT_THAT(back.pixels, ::testing::Each(::testing::FloatNear(0.5F, 0.02F)));
  Image ramp{1, 64, 64, std::vector<float>(4096)};
  for (std::size_t i = 0; i < ramp.pixels.size(); ++i) {
    ramp.pixels[i] = static_cast<float>(i % 64) / 63.0F;
  }
  EXPECT_THAT(decode_image(encode_jpeg(ramp, 85), "x").pixels,
              ::testing::Pointwise(::testing::FloatNear(0.05F), ramp.pixels));
}

TEST(WithChannels, grey_triples_and_colour_becomes_luma) {
  const Image colour{3, 1, 1, {1.0F, 0.5F, 0.25F}};
  EXPECT_FLOAT_EQ(with_channels(colour, 1).pixels[0], 0.299F + 0.587F * 0.5F + 0.114F * 0.25F);
  const Image grey{1, 1, 2, {0.1F, 0.2F}};
  EXPECT_THAT(with_channels(grey, 3).pixels, ::testing::ElementsAre(0.1F, 0.2F, 0.1F, 0.2F, 0.1F, 0.2F));
}

/// Bilinear with half-pixel centres, the plainest way.
float bilinear(const Image& image, double y, double x) {
  const auto clamp = [](double value, std::size_t size) {
    return std::clamp(value, 0.0, static_cast<double>(size - 1));
  };
  y = clamp(y, image.height);
  x = clamp(x, image.width);
  const auto top = static_cast<std::size_t>(y);
  const auto left = static_cast<std::size_t>(x);
  const std::size_t bottom = std::min(top + 1, image.height - 1);
  const std::size_t right = std::min(left + 1, image.width - 1);
  const auto at = [&](std::size_t row, std::size_t column) { return image.pixels[row * image.width + column]; };
  const double down = y - static_cast<double>(top);
  const double along = x - static_cast<double>(left);
  return static_cast<float>((1 - down) * ((1 - along) * at(top, left) + along * at(top, right)) +
                            down * ((1 - along) * at(bottom, left) + along * at(bottom, right)));
}

TEST(Resized, is_bilinear_with_half_pixel_centres) {
  Image image{1, 9, 6, std::vector<float>(54)};
  RandomStream random(1, "test");
  for (float& value : image.pixels) {
    value = static_cast<float>(random.uniform());
  }
  for (const auto& [height, width] : {std::pair<std::size_t, std::size_t>{18, 13}, {4, 3}, {9, 12}}) {
    const Image result = resized(image, height, width);
    for (std::size_t row = 0; row < height; ++row) {
      for (std::size_t column = 0; column < width; ++column) {
        const double y = (static_cast<double>(row) + 0.5) * 9 / static_cast<double>(height) - 0.5;
        const double x = (static_cast<double>(column) + 0.5) * 6 / static_cast<double>(width) - 0.5;
        EXPECT_NEAR(result.pixels[row * width + column], bilinear(image, y, x), 1e-5);
      }
    }
  }
}

TEST(Augment, flips_half_of_the_pictures_and_does_nothing_else_when_told) {
  Preprocessing shape = imagenet_preprocessing(1, 2, 3);
  const std::vector<float> original = {1, 2, 3, 4, 5, 6};
  int flipped = 0;
  for (std::uint64_t i = 0; i < 400; ++i) {
    std::vector<float> pixels = original;
    RandomStream random(1, "augment", {i});
    augment(pixels, shape, {.flip = true, .rotation_degrees = 0}, random);
    if (pixels != original) {
      EXPECT_THAT(pixels, ::testing::ElementsAre(3, 2, 1, 6, 5, 4));
      ++flipped;
    }
  }
  EXPECT_NEAR(flipped, 200, 50);
}

TEST(Augment, rotates_about_the_middle_with_black_outside) {
  Preprocessing shape = imagenet_preprocessing(1, 33, 33);
  std::vector<float> pixels(shape.values(), 1.0F);
  RandomStream random(3, "augment");
  augment(pixels, shape, {.flip = false, .rotation_degrees = 45}, random);
  EXPECT_NEAR(pixels[16 * 33 + 16], 1, 1e-5);
  EXPECT_LT(pixels[0] + pixels[32] + pixels[32 * 33] + pixels[32 * 33 + 32], 2.0F);
}

TEST(Augment, an_angle_out_of_range_is_named) {
  EXPECT_THROW((Augmentation{.rotation_degrees = -1}.check()), InputError);
  EXPECT_THROW((Augmentation{.rotation_degrees = NAN}.check()), InputError);
}

TEST(Normalise, is_per_channel) {
  Preprocessing shape{.channels = 3, .height = 1, .width = 1, .mean = {0, 0.5F, 1}, .deviation = {1, 0.5F, 2}};
  std::vector<float> pixels = {1, 1, 1};
  normalise(pixels, shape);
  EXPECT_THAT(pixels, ::testing::ElementsAre(1, 1, 0));
}

}  // namespace
}  // namespace niwaki
