// Feeds the reader of DICOM files bytes that nobody would send. Whatever they are, they give a picture with values from
// 0 to 1, or an InputError; and so do the attributes that strata are made of, in which no patient stands.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "file_of.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/imaging/dicom_attributes.hpp"
#include "niwaki/imaging/image.hpp"

namespace {

void expect(bool truth) {
  if (!truth) {
    std::abort();
  }
}

void read_pixels(std::string_view bytes) {
  const niwaki::Image image = niwaki::decode_image(bytes, "fuzz", {.windows = {"first", "min-max"}});
  expect(image.pixels.size() == image.channels * image.height * image.width);
  expect(image.channels == 1 || image.channels == 3);
  for (const float value : image.pixels) {
    expect(value >= 0 && value <= 1);
  }
}

void read_attributes(std::string_view bytes) {
  const auto path = niwaki::fuzz::file_of(bytes, "given.dcm");
  const niwaki::DicomAttributes attributes = niwaki::read_dicom_attributes(path, "sixteen bytes of salt");
  expect(attributes.patient.empty() || attributes.patient.size() == 16);
  expect(!attributes.age || (*attributes.age >= 0 && *attributes.age <= 90));
}

}  // namespace

// libFuzzer's own name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);           // NOLINT
  for (const auto read : {read_pixels, read_attributes}) {
    try {
      read(bytes);
    } catch (const niwaki::InputError&) {
      continue;
    }
  }
  return 0;
}
