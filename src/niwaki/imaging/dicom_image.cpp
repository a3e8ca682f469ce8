#include "niwaki/imaging/dicom_image.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "niwaki/core/error.hpp"
#include "niwaki/imaging/dicom_codec.hpp"
#include "niwaki/imaging/dicom_container.hpp"
#include "niwaki/imaging/dicom_description.hpp"
#include "niwaki/imaging/grey_transform.hpp"

namespace niwaki {
namespace {

void check_length(const DicomContainer& container, const PixelDescription& pixels, const std::string& name) {
  const std::size_t wanted = pixels.bytes();
  const std::size_t there = container.pixels.size();
  if (there < wanted || there > wanted + wanted % 2) {
    throw InputError(fmt::format("the pixel data have {} bytes, where {} x {} pixels need {}", there, pixels.columns,
                                 pixels.rows, wanted),
                     name, "copy the file again from where it came, or leave it out");
  }
}

/// Bytes of the file where they can stay there; a copy in order where words of a big-endian file hold two of them.
void place_native(const DicomContainer& container, const PixelDescription& pixels, StoredPixels& stored) {
  stored.bytes = reinterpret_cast<const unsigned char*>(container.pixels.data());
  stored.memory = container.inflated;
  stored.big_endian = container.big_endian && pixels.sample_bytes() == 2;
  if (container.big_endian && pixels.sample_bytes() == 1 && container.pixels_are_words) {
    auto ordered = std::make_shared<std::vector<unsigned char>>(container.pixels.begin(), container.pixels.end());
    for (std::size_t i = 0; i + 1 < ordered->size(); i += 2) {
      std::swap((*ordered)[i], (*ordered)[i + 1]);
    }
    stored.bytes = ordered->data();
    stored.memory = ordered;
  }
}

void place_decoded(std::vector<unsigned char> decoded, StoredPixels& stored) {
  const auto memory = std::make_shared<const std::vector<unsigned char>>(std::move(decoded));
  stored.bytes = memory->data();
  stored.memory = memory;
}

void set_layout(const PixelDescription& pixels, StoredPixels& stored) {
  stored.channels = pixels.samples;
  stored.height = pixels.rows;
  stored.width = pixels.columns;
  stored.sample_bytes = pixels.sample_bytes();
  const bool interleaved = !pixels.planar;
  const std::size_t plane = pixels.rows * pixels.columns * stored.sample_bytes;
  stored.column_step = stored.sample_bytes * (interleaved ? pixels.samples : 1);
  stored.row_step = stored.column_step * pixels.columns;
  const std::size_t channel_step = interleaved ? stored.sample_bytes : plane;
  stored.channel_begin = {0, channel_step, 2 * channel_step};
  stored.shift = static_cast<unsigned>(pixels.high_bit + 1 - pixels.bits_stored);
  stored.mask = (std::uint32_t{1} << pixels.bits_stored) - 1;
}

/// The least and the most of what is no padding; nothing where all is.
std::optional<std::pair<std::int32_t, std::int32_t>> stored_range(const StoredPixels& stored,
                                                                  const GreyTransform& transform) {
  std::vector<char> seen(std::size_t{stored.mask} + 1);
  for (std::size_t y = 0; y < stored.height; ++y) {
    for (std::size_t x = 0; x < stored.width; ++x) {
      seen[stored.bits_at(0, y, x)] = 1;
    }
  }
  std::optional<std::pair<std::int32_t, std::int32_t>> range;
  for (std::uint32_t bits = 0; bits <= stored.mask; ++bits) {
    const std::int32_t value = transform.stored_value(bits);
    if (seen[bits] != 0 && !transform.is_padding(value)) {
      range =
          range ? std::pair{std::min(range->first, value), std::max(range->second, value)} : std::pair{value, value};
    }
  }
  return range;
}

Window least_to_most(const StoredPixels& stored, const GreyTransform& transform) {
  const auto range = stored_range(stored, transform).value_or(std::pair{0, 0});
  // Neither end of a table need be its least entry.
  double least = transform.modality_value(range.first);
  double most = least;
  for (std::int32_t value = range.first; value <= range.second; ++value) {
    least = std::min(least, transform.modality_value(value));
    most = std::max(most, transform.modality_value(value));
  }
  return window_over(least, most);
}

void set_shown(const DicomElements& elements, const PixelDescription& pixels, const ImageReadOptions& options,
               const std::string& name, StoredPixels& stored) {
  if (pixels.samples == 3) {
    stored.shown = shown_as_they_are(1);
    return;
  }
  GreyTransform transform = grey_transform_of(elements, pixels, options, name);
  if (std::holds_alternative<LeastToMost>(transform.interest)) {
    transform.interest = least_to_most(stored, transform);
  }
  stored.shown = std::make_shared<const std::vector<float>>(shown_values(transform));
}

void check_colours(const PixelDescription& pixels, const std::string& name) {
  const bool is_ybr = pixels.samples == 3 && pixels.photometric != Photometric::kRgb;
  if (is_ybr) {
    throw InputError("colours as YBR that no JPEG code stream holds are not read", name,
                     "convert it to RGB or MONOCHROME2 (gdcmconv does it), or leave it out");
  }
}

}  // namespace

StoredPixels decode_dicom(std::string_view bytes, const std::string& name, const ImageReadOptions& options) {
  const DicomContainer container = open_dicom_container(bytes, name);
  const DicomElements elements(container, name);
  PixelDescription pixels = describe_pixels(elements, name);
  if (!container.has_pixels) {
    throw InputError("the DICOM file has no pixel data", name, "leave it out");
  }
  StoredPixels stored;
  if (container.coding == PixelCoding::kNative) {
    check_colours(pixels, name);
    check_length(container, pixels, name);
    place_native(container, pixels, stored);
  } else {
    place_decoded(decode_fragments(container, elements, pixels, name), stored);
    check_colours(pixels, name);
  }
  set_layout(pixels, stored);
  set_shown(elements, pixels, options, name, stored);
  return stored;
}

}  // namespace niwaki
