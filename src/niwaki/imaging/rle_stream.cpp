#include "niwaki/imaging/rle_stream.hpp"

#include <cstdint>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kHeader = 64;

[[noreturn]] void refuse(const std::string& what, const std::string& name) {
  throw InputError(what, name, "copy the file again from where it came, or leave it out");
}

std::size_t little_endian(std::string_view bytes, std::size_t at) {
  std::size_t number = 0;
  for (std::size_t i = 4; i-- > 0;) {
    number = (number << 8) | static_cast<unsigned char>(bytes[at + i]);
  }
  return number;
}

/// How many bytes the runs of a segment that are whole unpack to; at least `enough` where there are so many.
std::size_t unpacked(std::string_view segment, std::size_t enough) {
  std::size_t bytes = 0;
  std::size_t at = 0;
  while (bytes < enough && at < segment.size()) {
    const auto control = static_cast<std::uint8_t>(segment[at]);
    const std::size_t taken = control < 128 ? control + 2U : control == 128 ? 1U : 2U;
    if (taken > segment.size() - at) {
      break;
    }
    bytes += control < 128 ? control + 1U : control == 128 ? 0U : 257U - control;
    at += taken;
  }
  return bytes;
}

}  // namespace

void check_rle_stream(std::string_view bytes, std::size_t segments, std::size_t pixels, const std::string& name) {
  if (bytes.size() < kHeader) {
    refuse(fmt::format("the run-length coded pixel data are truncated ({} bytes)", bytes.size()), name);
  }
  if (const std::size_t told = little_endian(bytes, 0); told != segments) {
    refuse(fmt::format("the run-length coded pixel data have {} segments, where the header needs {}", told, segments),
           name);
  }
  std::size_t begin = kHeader;
  for (std::size_t segment = 0; segment < segments; ++segment) {
    const std::size_t start = little_endian(bytes, 4 * (segment + 1));
    const std::size_t end = segment + 1 < segments ? little_endian(bytes, 4 * (segment + 2)) : bytes.size();
    if (start < begin || end < start || end > bytes.size()) {
      refuse(fmt::format("segment {} of the run-length coded pixel data lies outside of them", segment + 1), name);
    }
    if (unpacked(bytes.substr(start, end - start), pixels) < pixels) {
      refuse(fmt::format("segment {} of the run-length coded pixel data is truncated", segment + 1), name);
    }
    begin = end;
  }
}

}  // namespace niwaki
