#include "niwaki/imaging/dicom_elements.hpp"

#include <algorithm>

#include <dcmtk/dcmdata/dcdicent.h>
#include <dcmtk/dcmdata/dcdict.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcspchrs.h>
#include <dcmtk/dcmdata/dctk.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/imaging/dicom_tags.hpp"

namespace niwaki {
namespace {

/// Without Debian's dictionary file DCMTK would take every element of an implicit file for bytes of no known kind.
void add_missing_entries() {
  struct Entry {
    DicomTag tag;
    DcmEVR vr;
  };
  static constexpr Entry kEntries[] = {
      {tags::kRows, EVR_US},
      {tags::kColumns, EVR_US},
      {tags::kSamplesPerPixel, EVR_US},
      {tags::kBitsAllocated, EVR_US},
      {tags::kBitsStored, EVR_US},
      {tags::kHighBit, EVR_US},
      {tags::kPixelRepresentation, EVR_US},
      {tags::kPlanarConfiguration, EVR_US},
      {tags::kPixelPaddingValue, EVR_US},
      {tags::kPixelPaddingRangeLimit, EVR_US},
      {tags::kPhotometricInterpretation, EVR_CS},
      {tags::kNumberOfFrames, EVR_IS},
      {tags::kRescaleIntercept, EVR_DS},
      {tags::kRescaleSlope, EVR_DS},
      {tags::kWindowCenter, EVR_DS},
      {tags::kWindowWidth, EVR_DS},
      {tags::kWindowExplanation, EVR_LO},
      {tags::kVoiLutFunction, EVR_CS},
      {tags::kModalityLutSequence, EVR_SQ},
      {tags::kVoiLutSequence, EVR_SQ},
      {tags::kLutDescriptor, EVR_US},
      {tags::kLutExplanation, EVR_LO},
      {tags::kLutData, EVR_OW},
      {tags::kSopClass, EVR_UI},
      {tags::kSopInstance, EVR_UI},
      {tags::kModality, EVR_CS},
      {tags::kSpecificCharacterSet, EVR_CS},
      {tags::kManufacturer, EVR_LO},
      {tags::kManufacturerModel, EVR_LO},
      {tags::kInstitutionName, EVR_LO},
      {tags::kStationName, EVR_SH},
      {tags::kStudyDescription, EVR_LO},
      {tags::kSeriesDescription, EVR_LO},
      {tags::kProtocolName, EVR_LO},
      {tags::kViewPosition, EVR_CS},
      {tags::kViewCodeSequence, EVR_SQ},
      {tags::kCodeMeaning, EVR_LO},
      {tags::kImageLaterality, EVR_CS},
      {tags::kLaterality, EVR_CS},
      {tags::kPatientId, EVR_LO},
      {tags::kIssuerOfPatientId, EVR_LO},
      {tags::kPatientSex, EVR_CS},
      {tags::kPatientAge, EVR_AS},
      {tags::kPatientBirthDate, EVR_DA},
      {tags::kStudyDate, EVR_DA},
  };
  DcmDataDictionary& dictionary = dcmDataDict.wrlock();
  if (!dictionary.isDictionaryLoaded()) {
    for (const Entry& entry : kEntries) {
      dictionary.addEntry(new DcmDictEntry(entry.tag.group, entry.tag.element, entry.vr, "niwaki", 1, DcmVariableVM,
                                           "DICOM", OFTrue, nullptr));
    }
  }
  dcmDataDict.wrunlock();
}

/// Once a process, before anything is read: what DCMTK would log may hold a patient's name.
void prepare_dcmtk() {
  static const bool prepared = [] {
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    add_missing_entries();
    return true;
  }();
  (void)prepared;
}

DcmTagKey key(DicomTag tag) {
  return {tag.group, tag.element};
}

E_TransferSyntax header_syntax(const DicomContainer& container) {
  if (!container.explicit_vr) {
    return EXS_LittleEndianImplicit;
  }
  return container.big_endian ? EXS_BigEndianExplicit : EXS_LittleEndianExplicit;
}

std::string as_utf8(const std::string& text, const std::string& character_set) {
  const auto is_ascii = [](char letter) { return static_cast<unsigned char>(letter) < 0x80; };
  if (std::ranges::all_of(text, is_ascii)) {
    return text;
  }
  DcmSpecificCharacterSet converter;
  OFString converted;
  if (converter.selectCharacterSet(OFString(character_set.data(), character_set.size())).good() &&
      converter.convertString(OFString(text.data(), text.size()), converted).good()) {
    return {converted.data(), converted.size()};
  }
  std::string plain = text;
  std::ranges::replace_if(
      plain, [&](char letter) { return !is_ascii(letter); }, '?');
  return plain;
}

/// A control character could end a line of a table or colour a terminal.
std::string printable(std::string text) {
  std::ranges::replace_if(
      text, [](char letter) { return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7F; }, ' ');
  return std::string(trimmed(text));
}

}  // namespace

DicomElements::DicomElements(const DicomContainer& container, const std::string& name) {
  prepare_dcmtk();
  const auto data_set = std::make_shared<DcmDataset>();
  if (!container.header.empty()) {
    DcmInputBufferStream stream;
    stream.setBuffer(container.header.data(), static_cast<offile_off_t>(container.header.size()));
    stream.setEos();
    data_set->transferInit();
    const OFCondition read = data_set->read(stream, header_syntax(container), EGL_noChange, DCM_MaxReadLength);
    data_set->transferEnd();
    if (read.bad()) {
      throw InputError(fmt::format("the DICOM file cannot be read ({})", read.text()), name,
                       "copy the file again from where it came");
    }
  }
  item_ = data_set;
  character_set_ = joined(texts(tags::kSpecificCharacterSet), "\\");
}

std::vector<std::string> DicomElements::texts(DicomTag tag) const {
  OFString all;
  if (item_->findAndGetOFStringArray(key(tag), all).bad() || all.empty()) {
    return {};
  }
  std::vector<std::string> values;
  for (const std::string& value : split(as_utf8({all.data(), all.size()}, character_set_), '\\')) {
    values.push_back(printable(value));
  }
  return values;
}

std::string DicomElements::text(DicomTag tag) const {
  const std::vector<std::string> values = texts(tag);
  return values.empty() ? "" : values.front();
}

std::vector<double> DicomElements::decimals(DicomTag tag) const {
  std::vector<double> numbers;
  for (const std::string& value : texts(tag)) {
    const std::string_view unsigned_text = value.starts_with('+') ? std::string_view(value).substr(1) : value;
    const std::optional<double> number = parse_number(unsigned_text);
    if (!number) {
      return {};
    }
    numbers.push_back(*number);
  }
  return numbers;
}

std::optional<double> DicomElements::decimal(DicomTag tag) const {
  const std::vector<double> numbers = decimals(tag);
  return numbers.empty() ? std::nullopt : std::optional(numbers.front());
}

std::vector<std::uint16_t> DicomElements::words(DicomTag tag) const {
  DcmElement* element = nullptr;
  if (item_->findAndGetElement(key(tag), element).bad() || element == nullptr) {
    return {};
  }
  const std::size_t count = element->getLength() / sizeof(Uint16);
  Uint16* words = nullptr;
  if (element->getUint16Array(words).good() && words != nullptr) {
    return {words, words + count};
  }
  Sint16* signed_words = nullptr;
  if (element->getSint16Array(signed_words).good() && signed_words != nullptr) {
    return {signed_words, signed_words + count};
  }
  return {};
}

std::optional<std::uint16_t> DicomElements::word(DicomTag tag) const {
  const std::vector<std::uint16_t> all = words(tag);
  return all.empty() ? std::nullopt : std::optional(all.front());
}

std::vector<DicomElements> DicomElements::items(DicomTag tag) const {
  std::vector<DicomElements> found;
  DcmSequenceOfItems* sequence = nullptr;
  if (item_->findAndGetSequence(key(tag), sequence).bad() || sequence == nullptr) {
    return found;
  }
  for (unsigned long i = 0; i < sequence->card(); ++i) {
    // The data set keeps the item; this shares its life.
    found.push_back(DicomElements(std::shared_ptr<DcmItem>(item_, sequence->getItem(i)), character_set_));
  }
  return found;
}

std::string uid_name(const std::string& uid) {
  prepare_dcmtk();
  const char* name = dcmFindNameOfUID(uid.c_str());
  const bool plain = uid.size() <= 64 && uid.find_first_not_of("0123456789.") == std::string::npos;
  const std::string number = plain ? uid : "which is no UID";
  return name != nullptr ? fmt::format("{} ({})", name, number) : number;
}

}  // namespace niwaki
