#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "niwaki/core/preprocessing.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki {

/// A picture as float planes of [0, 1]: [channels, height, width], contiguous.
struct Image {
  std::size_t channels = 0;  // 1 (grey) or 3 (red, green, blue)
  std::size_t height = 0;
  std::size_t width = 0;
  std::vector<float> pixels;
};

/// Decodes a PNG or JPEG of 8 or 16 bits. Full scale (255 or 65535) becomes 1. Transparency is dropped, not
/// blended, as PIL's convert("RGB") does. Throws InputError naming the file where it is missing, not a
/// picture, truncated (PNG: no IEND or a bad chunk; JPEG: no EOI), or larger than 100 million pixels.
Image read_image(const std::filesystem::path& path);
/// As above, from a file's bytes; `name` stands for the path in messages.
Image decode_image(std::string_view bytes, const std::string& name);

/// An 8-bit PNG of the image (values outside [0, 1] are clipped).
std::string encode_png(const Image& image);

/// Grey to three equal planes; RGB to grey by ITU-R BT.601 luma (0.299, 0.587, 0.114).
Image with_channels(const Image& image, std::size_t channels);

/// Bilinear with half-pixel centres, as cv::resize INTER_LINEAR.
Image resized(const Image& image, std::size_t height, std::size_t width);

/// What training does to a picture before it is normalised.
struct Augmentation {
  bool flip = true;              // mirror left and right with probability 0.5
  double rotation_degrees = 15;  // rotate by an angle uniform in [-this, this], bilinear, black outside; 0: never
  void check() const;            // throws InputError naming the field
};

/// Augments in place one image of [channels, height, width] values of [0, 1].
void augment(std::span<float> pixels, const Preprocessing& shape, const Augmentation& augmentation,
             RandomStream& random);

/// (value - mean) / deviation per channel, in place.
void normalise(std::span<float> pixels, const Preprocessing& preprocessing);

}  // namespace niwaki
