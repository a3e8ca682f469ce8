#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
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

/// How a DICOM file's values become black to white; other files say it themselves.
struct ImageReadOptions {
  /// Tried in this order: "first" is the file's first VOI look-up table or, where there is none, its first window;
  /// "full-range" goes from the least value that the stored bits can say to the most; "min-max" from the picture's
  /// least to its most; anything else is the explanation of a window or table in the file ("NORMAL"), letter case
  /// ignored. Where a file has none of them, it is refused, unless it is grey of 8 bits or fewer: that is shown as it
  /// is.
  std::vector<std::string> windows = {"first"};
  void check() const;  // throws InputError naming the field
};

/// Decodes a PNG or JPEG of 8 or 16 bits, or a DICOM radiograph of one frame (docs/images.md). Full scale (255 or
/// 65535, or the top of a DICOM's window) becomes 1. Transparency is dropped, not blended, as PIL's convert("RGB")
/// does. MONOCHROME1 is inverted after its window; padding is black. Throws InputError naming the file where it is
/// missing, not a picture, truncated (PNG: no IEND or a bad chunk; JPEG: no EOI; DICOM: fewer bytes than its header
/// says), of a kind that is not read (named), or larger than 100 million pixels.
Image read_image(const std::filesystem::path& path, const ImageReadOptions& options = {});
/// As above, from a file's bytes; `name` stands for the path in messages.
Image decode_image(std::string_view bytes, const std::string& name, const ImageReadOptions& options = {});
/// with_channels(resized(read_image(path, options), height, width), channels) within rounding, but of a large picture
/// only the pixels that this looks at are turned into floats.
Image read_resized(const std::filesystem::path& path, std::size_t channels, std::size_t height, std::size_t width,
                   const ImageReadOptions& options = {});

/// An 8-bit PNG of the image (values outside [0, 1] are clipped).
std::string encode_png(const Image& image);
/// A JPEG of the image at this quality (1 to 100): a thumbnail for people to look at, a quarter of a PNG's size.
std::string encode_jpeg(const Image& image, int quality);

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
