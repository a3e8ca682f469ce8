#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/imaging/dicom_container.hpp"

class DcmItem;

namespace niwaki {

/// Group and element of PS3.6.
struct DicomTag {
  std::uint16_t group = 0;
  std::uint16_t element = 0;
};

/// The values of a data set, or of an item of a sequence, read by DCMTK. Nothing of it is ever logged: DCMTK's own log
/// is off.
class DicomElements {
 public:
  /// The elements before the pixel data. Throws InputError naming the file where DCMTK cannot read them.
  DicomElements(const DicomContainer& container, const std::string& name);

  /// The first value as text, blanks at its ends and padding gone; "" where there is none. Text in the file's character
  /// set comes as UTF-8, and what is not in that set as '?'.
  [[nodiscard]] std::string text(DicomTag tag) const;
  /// All values of a text.
  [[nodiscard]] std::vector<std::string> texts(DicomTag tag) const;
  /// A number that is written as text (DS, IS); nothing where there is none or it is none.
  [[nodiscard]] std::optional<double> decimal(DicomTag tag) const;
  [[nodiscard]] std::vector<double> decimals(DicomTag tag) const;
  /// 16-bit words of US, SS or OW, their bits as they stand.
  [[nodiscard]] std::optional<std::uint16_t> word(DicomTag tag) const;
  [[nodiscard]] std::vector<std::uint16_t> words(DicomTag tag) const;
  /// The items of a sequence.
  [[nodiscard]] std::vector<DicomElements> items(DicomTag tag) const;

  /// For who decodes with DCMTK.
  [[nodiscard]] DcmItem& item() const { return *item_; }

 private:
  DicomElements(std::shared_ptr<DcmItem> item, std::string character_set)
      : item_(std::move(item)), character_set_(std::move(character_set)) {}

  std::shared_ptr<DcmItem> item_;
  std::string character_set_;
};

/// "JPEG 2000 Image Compression (Lossless Only) (1.2.840...)"; the number alone where it has no name.
std::string uid_name(const std::string& uid);

}  // namespace niwaki
