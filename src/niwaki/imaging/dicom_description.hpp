#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "niwaki/imaging/dicom_elements.hpp"
#include "niwaki/imaging/grey_transform.hpp"
#include "niwaki/imaging/image.hpp"

namespace niwaki {

/// PS3.3 C.7.6.3.1.2, as far as it is read.
enum class Photometric { kMonochrome1, kMonochrome2, kRgb, kYbrFull, kYbrFull422, kYbrTransformed };

/// How the samples of a single picture lie (PS3.3 C.7.6.3), checked: 1 to 100 million pixels; grey of 8 or 16 bits of
/// which 1 to 16 are stored, or colours of 8 bits.
struct PixelDescription {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t samples = 1;  // 1 or 3
  int bits_allocated = 16;  // 8 or 16
  int bits_stored = 16;
  int high_bit = 15;
  bool is_signed = false;
  bool planar = false;  // all red, then all green, then all blue
  Photometric photometric = Photometric::kMonochrome2;

  [[nodiscard]] std::size_t sample_bytes() const { return static_cast<std::size_t>(bits_allocated) / 8; }
  [[nodiscard]] std::size_t bytes() const { return rows * columns * samples * sample_bytes(); }
};

/// Throws InputError naming the file for what is no radiograph and no secondary capture (by SOP class and modality),
/// more than one frame, no pixel, or samples of another kind.
PixelDescription describe_pixels(const DicomElements& elements, const std::string& name);

/// How the stored values of a grey picture are shown, by the first of options.windows that the file has. Throws
/// InputError where it has none of them, or one that is out of range.
GreyTransform grey_transform_of(const DicomElements& elements, const PixelDescription& pixels,
                                const ImageReadOptions& options, const std::string& name);

}  // namespace niwaki
