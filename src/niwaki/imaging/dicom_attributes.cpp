#include "niwaki/imaging/dicom_attributes.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/hash.hpp"
#include "niwaki/core/input_file.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/imaging/dicom_container.hpp"
#include "niwaki/imaging/dicom_elements.hpp"
#include "niwaki/imaging/dicom_tags.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kUsualHeader = std::size_t{64} << 10;
constexpr std::size_t kLargestFile = std::size_t{1} << 30;
constexpr std::size_t kLeastSalt = 16;
constexpr std::size_t kHashDigits = 16;
constexpr int kOldest = 90;

std::string beginning_of(const fs::path& path, std::size_t count) {
  InputFile file(path);
  std::string bytes(count, '\0');
  bytes.resize(file.read(bytes.data(), count));
  return bytes;
}

DicomElements read_header(std::string_view bytes, const std::string& name, bool whole) {
  const DicomContainer container = open_dicom_container(bytes, name, DicomReach::kHeader);
  if (!container.has_pixels && !whole) {
    throw InputError("the header is longer than what was read", name, "read all of it");
  }
  return {container, name};
}

/// A header is a few kilobytes before pixel data of megabytes, so the beginning nearly always is enough.
DicomElements header_of(const fs::path& path) {
  const std::string name = path.string();
  const std::string beginning = beginning_of(path, kUsualHeader);
  if (!is_dicom(beginning)) {
    throw InputError("this is no DICOM file", name, "leave it out");
  }
  try {
    return read_header(beginning, name, beginning.size() < kUsualHeader);
  } catch (const InputError&) {
    if (beginning.size() < kUsualHeader) {
      throw;
    }
  }
  return read_header(read_file(path, kLargestFile), name, true);
}

std::string upper_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](char letter) {
    return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
  });
  return text;
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// View Position, else what View Code Sequence means in words.
std::string view_of(const DicomElements& elements) {
  std::string position = upper_case(elements.text(tags::kViewPosition));
  constexpr std::array<std::string_view, 4> kLateral = {"LL", "RL", "LATERAL", "LAT"};
  if (std::ranges::find(kLateral, position) != kLateral.end()) {
    return "LATERAL";
  }
  if (!position.empty()) {
    return position;
  }
  for (const DicomElements& code : elements.items(tags::kViewCodeSequence)) {
    const std::string meaning = lower_case(code.text(tags::kCodeMeaning));
    if (holds(meaning, "postero-anterior") || holds(meaning, "posteroanterior")) {
      return "PA";
    }
    if (holds(meaning, "antero-posterior") || holds(meaning, "anteroposterior")) {
      return "AP";
    }
    if (holds(meaning, "lateral")) {
      return "LATERAL";
    }
  }
  return "";
}

std::string one_of(const std::string& value, std::string_view letters) {
  const std::string upper = upper_case(value);
  return upper.size() == 1 && letters.find(upper[0]) != std::string_view::npos ? upper : "";
}

std::optional<int> number_in(std::string_view digits) {
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() && end == digits.data() + digits.size() && value >= 0 ? std::optional(value)
                                                                                    : std::nullopt;
}

/// "057Y", "018M", "003W", "011D" (PS3.5 6.2, AS) as whole years.
std::optional<int> years_in(std::string_view age) {
  if (age.size() != 4) {
    return std::nullopt;
  }
  const std::optional<int> count = number_in(age.substr(0, 3));
  switch (count ? age[3] : ' ') {
    case 'Y':
      return count;
    case 'M':
      return *count / 12;
    case 'W':
      return *count * 7 / 365;
    case 'D':
      return *count / 365;
    default:
      return std::nullopt;
  }
}

/// From one date YYYYMMDD to another.
std::optional<int> years_between(const std::string& birth, const std::string& study) {
  if (birth.size() != 8 || study.size() != 8) {
    return std::nullopt;
  }
  const std::optional<int> from = number_in(birth);
  const std::optional<int> to = number_in(study);
  constexpr int kYear = 10'000;
  return from && to && *to >= *from ? std::optional((*to - *from) / kYear) : std::nullopt;
}

std::optional<int> age_of(const DicomElements& elements) {
  constexpr int kNobody = 130;
  std::optional<int> years = years_in(elements.text(tags::kPatientAge));
  if (!years) {
    years = years_between(elements.text(tags::kPatientBirthDate), elements.text(tags::kStudyDate));
  }
  return years && *years <= kNobody ? std::optional(std::min(*years, kOldest)) : std::nullopt;
}

/// Only what clearly says so counts: that nothing does is no evidence of a fixed machine.
std::string portable_of(const DicomElements& elements) {
  constexpr std::array<std::string_view, 3> kWords = {"portable", "bedside", "mobile"};
  for (const DicomTag tag : {tags::kStudyDescription, tags::kSeriesDescription, tags::kProtocolName, tags::kStationName,
                             tags::kManufacturerModel}) {
    const std::string text = lower_case(elements.text(tag));
    if (std::ranges::any_of(kWords, [&](std::string_view word) { return holds(text, word); })) {
      return "yes";
    }
  }
  return "";
}

std::string patient_of(const DicomElements& elements, const std::string& salt) {
  const std::string id = elements.text(tags::kPatientId);
  if (id.empty()) {
    return "";
  }
  Hasher hasher;
  hasher.add(salt).add(elements.text(tags::kIssuerOfPatientId)).add(id);
  return hasher.hex().substr(0, kHashDigits);
}

}  // namespace

bool is_dicom_file(const fs::path& path) {
  constexpr std::size_t kMagicEnd = 132;
  return is_dicom(beginning_of(path, kMagicEnd));
}

DicomAttributes read_dicom_attributes(const fs::path& path, const std::string& salt) {
  if (salt.size() < kLeastSalt) {
    throw InputError(fmt::format("a salt of {} bytes hides no patient", salt.size()), "the salt",
                     fmt::format("give {} random bytes or more", kLeastSalt));
  }
  const DicomElements elements = header_of(path);
  const std::string image_side = elements.text(tags::kImageLaterality);
  const std::string side = image_side.empty() ? elements.text(tags::kLaterality) : image_side;
  return {.instance = elements.text(tags::kSopInstance),
          .patient = patient_of(elements, salt),
          .manufacturer = elements.text(tags::kManufacturer),
          .model = elements.text(tags::kManufacturerModel),
          .institution = elements.text(tags::kInstitutionName),
          .view = view_of(elements),
          .laterality = one_of(side, "LRBU"),
          .sex = one_of(elements.text(tags::kPatientSex), "FMO"),
          .age = age_of(elements),
          .portable = portable_of(elements)};
}

std::string dicom_instance(const fs::path& path) {
  try {
    return header_of(path).text(tags::kSopInstance);
  } catch (const InputError&) {
    return "";
  }
}

}  // namespace niwaki
