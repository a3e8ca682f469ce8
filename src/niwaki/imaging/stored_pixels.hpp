#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "niwaki/imaging/image.hpp"

namespace niwaki {

/// A decoded picture whose samples lie where the file or the decoder left them, and what each of them is shown as. Only
/// what is asked for becomes floats: a network's input looks at a hundredth of a radiograph's pixels.
struct StoredPixels {
  std::size_t channels = 1;  // 1 or 3 (red, green, blue)
  std::size_t height = 0;
  std::size_t width = 0;

  std::size_t sample_bytes = 1;                // 1, or 2
  bool big_endian = false;                     // of two bytes
  std::size_t column_step = 1;                 // bytes from a sample to the next of its row and channel
  std::size_t row_step = 0;                    // bytes
  std::array<std::size_t, 3> channel_begin{};  // byte of the channel's first sample
  const unsigned char* bytes = nullptr;
  std::shared_ptr<const void> memory;  // that `bytes` points into; empty where the caller's own

  unsigned shift = 0;                               // a sample's bits are (its 8 or 16 bits >> shift) & mask
  std::uint32_t mask = 0xFFFF;                      // one less than a power of two
  std::shared_ptr<const std::vector<float>> shown;  // [mask + 1]: what these bits are shown as, in [0, 1]

  [[nodiscard]] std::uint32_t bits_at(std::size_t channel, std::size_t row, std::size_t column) const {
    const unsigned char* sample = bytes + channel_begin[channel] + row * row_step + column * column_step;
    const std::uint32_t low = sample_bytes == 1 ? sample[0] : sample[big_endian ? 1 : 0];
    const std::uint32_t high = sample_bytes == 1 ? 0U : sample[big_endian ? 0 : 1];
    return (((high << 8) | low) >> shift) & mask;
  }
};

/// 0 ... 255 or 0 ... 65535 as [0, 1].
std::shared_ptr<const std::vector<float>> shown_as_they_are(std::size_t sample_bytes);

/// All pixels.
Image to_image(const StoredPixels& stored);

/// resized(to_image(stored), height, width) within rounding, without turning into floats what it does not look at.
Image to_image(const StoredPixels& stored, std::size_t height, std::size_t width);

}  // namespace niwaki
