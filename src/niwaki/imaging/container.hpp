#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace niwaki {

/// What a picture file's own bytes say before anything is decoded.
struct Container {
  std::uint64_t width = 0;
  std::uint64_t height = 0;
  unsigned bits = 8;        // a sample, as a JPEG says
  unsigned components = 1;  // a pixel, as a JPEG says
};

/// Walks a PNG chunk by chunk to IEND (checksums included) or a JPEG marker by marker to EOI, because decoders fill
/// what is missing of a truncated file with grey and say nothing. `name` stands for the file in messages. Throws
/// InputError for a file of another kind, a truncated or broken one, and pictures of no pixel or more than 100 million.
Container check_container(std::string_view bytes, const std::string& name);

/// The same walk for a JPEG or JPEG-LS code stream of any process, as DICOM holds them.
Container check_jpeg_stream(std::string_view bytes, const std::string& name);

}  // namespace niwaki
