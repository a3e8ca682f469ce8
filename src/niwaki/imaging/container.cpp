#include "niwaki/imaging/container.hpp"

#include <zlib.h>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";
constexpr std::uint64_t kMostPixels = 100'000'000;

[[noreturn]] void truncated(const std::string& name) {
  throw InputError("the picture is truncated", name, "copy the file again from where it came");
}

std::uint32_t big_endian(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < count; ++i) {
    number = (number << 8) | static_cast<unsigned char>(bytes[at + i]);
  }
  return number;
}

std::uint32_t checksum(std::string_view bytes) {
  const auto* data = reinterpret_cast<const Bytef*>(bytes.data());
  return static_cast<std::uint32_t>(crc32_z(0, data, bytes.size()));
}

Container check_png(std::string_view bytes, const std::string& name) {
  Container picture;
  std::size_t at = kPngSignature.size();
  while (true) {
    if (bytes.size() - at < 12) {
      truncated(name);
    }
    const std::size_t length = big_endian(bytes, at, 4);
    if (length > bytes.size() - at - 12) {
      truncated(name);
    }
    const std::string_view type_and_data = bytes.substr(at + 4, length + 4);
    if (checksum(type_and_data) != big_endian(bytes, at + 8 + length, 4)) {
      throw InputError("a part of the PNG has a wrong checksum", name, "copy the file again from where it came");
    }
    if (type_and_data.starts_with("IHDR") && length >= 8) {
      picture.width = big_endian(bytes, at + 8, 4);
      picture.height = big_endian(bytes, at + 12, 4);
    }
    if (type_and_data.starts_with("IEND")) {
      return picture;
    }
    at += length + 12;
  }
}

constexpr unsigned kJpegLsFrame = 0xF7;

bool starts_frame(unsigned marker) {
  return marker == kJpegLsFrame ||
         (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC);
}

/// Entropy-coded data runs to the next marker that is neither stuffed nor a restart. JPEG stuffs a zero byte, JPEG-LS a
/// zero bit (ITU-T T.87 A.1).
std::size_t after_scan(std::string_view bytes, std::size_t at, bool jpeg_ls) {
  const unsigned first_marker = jpeg_ls ? 0x80 : 1;
  while (at + 1 < bytes.size()) {
    const auto next = static_cast<unsigned char>(bytes[at + 1]);
    if (static_cast<unsigned char>(bytes[at]) == 0xFF && next >= first_marker && next != 0xFF &&
        (next < 0xD0 || next > 0xD7)) {
      return at;
    }
    ++at;
  }
  return bytes.size();
}

Container check_jpeg(std::string_view bytes, const std::string& name) {
  Container picture;
  bool jpeg_ls = false;
  std::size_t at = 2;
  while (at + 4 <= bytes.size() || (at + 2 <= bytes.size() && static_cast<unsigned char>(bytes[at + 1]) == 0xD9)) {
    const auto marker = static_cast<unsigned char>(bytes[at + 1]);
    if (static_cast<unsigned char>(bytes[at]) != 0xFF) {
      throw InputError("the JPEG is broken (no marker where one must be)", name,
                       "copy the file again from where it came");
    }
    if (marker == 0xFF) {
      ++at;  // fill byte
      continue;
    }
    if (marker == 0xD9) {
      return picture;
    }
    const std::size_t length = big_endian(bytes, at + 2, 2);
    if (length < 2 || length > bytes.size() - at - 2) {
      truncated(name);
    }
    if (starts_frame(marker) && length >= 8) {
      picture = {.width = big_endian(bytes, at + 7, 2),
                 .height = big_endian(bytes, at + 5, 2),
                 .bits = big_endian(bytes, at + 4, 1),
                 .components = big_endian(bytes, at + 9, 1)};
      jpeg_ls = marker == kJpegLsFrame;
    }
    at += length + 2;
    if (marker == 0xDA) {
      at = after_scan(bytes, at, jpeg_ls);
    }
  }
  truncated(name);
}

void check_size(const Container& picture, const std::string& name) {
  if (picture.width == 0 || picture.height == 0) {
    throw InputError("the picture has no pixel", name, "leave it out or replace it");
  }
  if (picture.width > kMostPixels / picture.height) {
    throw InputError(fmt::format("the picture has {} x {} pixels", picture.width, picture.height), name,
                     "pictures of up to 100 million pixels are read");
  }
}

}  // namespace

Container check_container(std::string_view bytes, const std::string& name) {
  Container picture;
  if (bytes.starts_with(kPngSignature)) {
    picture = check_png(bytes, name);
  } else if (bytes.starts_with("\xFF\xD8")) {
    picture = check_jpeg(bytes, name);
  } else {
    throw InputError("this is neither PNG nor JPEG nor DICOM", name, "convert it, or leave it out");
  }
  check_size(picture, name);
  return picture;
}

Container check_jpeg_stream(std::string_view bytes, const std::string& name) {
  const Container picture = check_jpeg(bytes, name);
  check_size(picture, name);
  return picture;
}

}  // namespace niwaki
