#pragma once

#include <cstddef>
#include <vector>

namespace niwaki {

/// How a picture becomes a network's input: `imaging` does it, `model` carries it in ONNX metadata.
/// The picture becomes planes of [0, 1], resized to height x width (bilinear), then per channel
/// (value - mean) / deviation. A float image is [channels, height, width], contiguous.
struct Preprocessing {
  std::size_t channels = 3;                                 // 1 (grey) or 3 (RGB)
  std::size_t height = 256;                                 // pixels
  std::size_t width = 256;                                  // pixels
  std::vector<float> mean = {0.485F, 0.456F, 0.406F};       // one a channel, of values in [0, 1]
  std::vector<float> deviation = {0.229F, 0.224F, 0.225F};  // one a channel, above 0

  [[nodiscard]] std::size_t values() const { return channels * height * width; }
  /// Throws InputError naming the field that is out of range.
  void check() const;

  bool operator==(const Preprocessing&) const = default;
};

/// ImageNet's mean and deviation for RGB; their averages for grey.
Preprocessing imagenet_preprocessing(std::size_t channels, std::size_t height, std::size_t width);

}  // namespace niwaki
