#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace niwaki {

/// Writes DICOM files byte by byte, so that tests can write wrong ones.
class DicomWriter {
 public:
  explicit DicomWriter(std::string syntax = "1.2.840.10008.1.2.1", bool explicit_vr = true)
      : syntax_(std::move(syntax)), explicit_vr_(explicit_vr) {}

  DicomWriter& add(std::uint32_t tag, const std::string& vr, const std::string& value) {
    return add_with_length(tag, vr, value + std::string(value.size() % 2, vr == "UI" ? '\0' : ' '),
                           static_cast<std::uint32_t>(value.size() + value.size() % 2));
  }
  DicomWriter& add_with_length(std::uint32_t tag, const std::string& vr, const std::string& value,
                               std::uint32_t length) {
    body_ += element(tag, vr, value, length, explicit_vr_);
    return *this;
  }
  DicomWriter& words(std::uint32_t tag, const std::vector<std::uint16_t>& values, const std::string& vr = "US") {
    std::string bytes;
    for (const std::uint16_t value : values) {
      bytes += little(value, 2);
    }
    return add_with_length(tag, vr, bytes, static_cast<std::uint32_t>(bytes.size()));
  }
  DicomWriter& raw(const std::string& bytes) {
    body_ += bytes;
    return *this;
  }
  [[nodiscard]] const std::string& body() const { return body_; }
  [[nodiscard]] std::string bytes() const {
    return std::string(128, '\0') + "DICM" +
           element(0x00020010, "UI", syntax_ + std::string(syntax_.size() % 2, '\0'),
                   static_cast<std::uint32_t>(syntax_.size() + syntax_.size() % 2), true) +
           body_;
  }

  static std::string little(std::uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) {
      text += static_cast<char>((value >> (8 * i)) & 0xFF);
    }
    return text;
  }
  static std::string item(std::uint32_t element, std::uint32_t length) {
    return little(0xFFFE, 2) + little(element, 2) + little(length, 4);
  }

 private:
  static std::string element(std::uint32_t tag, const std::string& vr, const std::string& value, std::uint32_t length,
                             bool explicit_vr) {
    const std::string beginning = little(tag >> 16, 2) + little(tag & 0xFFFF, 2);
    if (!explicit_vr) {
      return beginning + little(length, 4) + value;
    }
    const bool is_long = vr == "OB" || vr == "OW" || vr == "SQ" || vr == "UN";
    return beginning + vr + (is_long ? little(0, 2) + little(length, 4) : little(length, 2)) + value;
  }

  std::string syntax_;
  bool explicit_vr_;
  std::string body_;
};

/// What a radiograph's header says.
struct RadiographForTests {
  std::string syntax = "1.2.840.10008.1.2.1";
  bool explicit_vr = true;
  std::string kind = "1.2.840.10008.5.1.4.1.1.1";
  std::string instance = "1.2.3";
  std::string photometric = "MONOCHROME2";
  std::uint16_t rows = 2;
  std::uint16_t columns = 3;
  std::uint16_t bits = 12;
  std::uint16_t samples = 1;
  bool is_signed = false;
  std::string frames;
};

/// All of the data set before the pixel data; more elements may follow.
inline DicomWriter radiograph(const RadiographForTests& picture = {}) {
  DicomWriter writer(picture.syntax, picture.explicit_vr);
  writer.add(0x00080016, "UI", picture.kind).add(0x00080018, "UI", picture.instance);
  writer.words(0x00280002, {picture.samples}).add(0x00280004, "CS", picture.photometric);
  if (!picture.frames.empty()) {
    writer.add(0x00280008, "IS", picture.frames);
  }
  writer.words(0x00280010, {picture.rows}).words(0x00280011, {picture.columns});
  writer.words(0x00280100, {static_cast<std::uint16_t>(picture.bits > 8 ? 16 : 8)});
  writer.words(0x00280101, {picture.bits}).words(0x00280102, {static_cast<std::uint16_t>(picture.bits - 1)});
  writer.words(0x00280103, {static_cast<std::uint16_t>(picture.is_signed ? 1 : 0)});
  return writer;
}

}  // namespace niwaki
