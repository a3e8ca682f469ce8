#include "niwaki/imaging/dicom_description.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/imaging/dicom_tags.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kMostPixels = 100'000'000;
constexpr const char* kLeaveOut = "leave it out";

/// PS3.4 B.5: computed and digital radiography, for presentation and for processing.
constexpr std::array<std::string_view, 3> kRadiographs = {"1.2.840.10008.5.1.4.1.1.1", "1.2.840.10008.5.1.4.1.1.1.1",
                                                          "1.2.840.10008.5.1.4.1.1.1.1.1"};
/// Secondary capture, and its kinds of several frames, of which one frame is read.
constexpr std::array<std::string_view, 4> kCaptures = {"1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.7.2",
                                                       "1.2.840.10008.5.1.4.1.1.7.3", "1.2.840.10008.5.1.4.1.1.7.4"};
/// What a secondary capture may be of (PS3.3 C.7.3.1.1.1); OT is what converters write.
constexpr std::array<std::string_view, 7> kCaptured = {"", "CR", "DR", "DX", "RG", "OT", "SC"};

bool lists(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

[[noreturn]] void refuse(const std::string& what, const std::string& name, const char* what_to_do = kLeaveOut) {
  throw InputError(what, name, what_to_do);
}

void check_kind(const DicomElements& elements, const std::string& name) {
  const std::string kind = elements.text(tags::kSopClass);
  if (lists(kRadiographs, kind)) {
    return;
  }
  if (!kind.empty() && !lists(kCaptures, kind)) {
    refuse(fmt::format("this is no radiograph: {}", uid_name(kind)), name);
  }
  const std::string modality = elements.text(tags::kModality);
  if (!lists(kCaptured, modality)) {
    refuse(fmt::format("this is no radiograph, but a capture of modality {}", modality.substr(0, 16)), name);
  }
}

std::size_t size_of(const DicomElements& elements, DicomTag tag, const char* what, const std::string& name) {
  const std::optional<std::uint16_t> value = elements.word(tag);
  if (!value) {
    refuse(fmt::format("the DICOM file does not say its {}", what), name);
  }
  return *value;
}

Photometric photometric_of(const DicomElements& elements, const std::string& name) {
  const std::string given = elements.text(tags::kPhotometricInterpretation);
  constexpr std::array<std::pair<std::string_view, Photometric>, 7> kKnown = {
      {{"MONOCHROME1", Photometric::kMonochrome1},
       {"MONOCHROME2", Photometric::kMonochrome2},
       {"RGB", Photometric::kRgb},
       {"YBR_FULL", Photometric::kYbrFull},
       {"YBR_FULL_422", Photometric::kYbrFull422},
       {"YBR_RCT", Photometric::kYbrTransformed},
       {"YBR_ICT", Photometric::kYbrTransformed}}};
  for (const auto& [text, meaning] : kKnown) {
    if (given == text) {
      return meaning;
    }
  }
  refuse(given.empty() ? "the DICOM file does not say its photometric interpretation"
                       : fmt::format("photometric interpretation {} is not read", given.substr(0, 16)),
         name, "convert it to MONOCHROME2 or RGB, or leave it out");
}

bool is_grey(Photometric photometric) {
  return photometric == Photometric::kMonochrome1 || photometric == Photometric::kMonochrome2;
}

void check_samples(const PixelDescription& pixels, const std::string& name) {
  if (pixels.rows == 0 || pixels.columns == 0) {
    refuse(fmt::format("the picture has no pixel ({} rows, {} columns)", pixels.rows, pixels.columns), name);
  }
  if (pixels.columns > kMostPixels / pixels.rows) {
    refuse(fmt::format("the picture has {} x {} pixels", pixels.columns, pixels.rows), name,
           "pictures of up to 100 million pixels are read");
  }
  if (pixels.samples != (is_grey(pixels.photometric) ? 1U : 3U)) {
    refuse(fmt::format("{} samples a pixel do not fit its photometric interpretation", pixels.samples), name);
  }
  const bool bits_fit = (pixels.bits_allocated == 8 || pixels.bits_allocated == 16) && pixels.bits_stored >= 1 &&
                        pixels.bits_stored <= pixels.bits_allocated && pixels.high_bit >= pixels.bits_stored - 1 &&
                        pixels.high_bit < pixels.bits_allocated;
  const bool colours_fit = pixels.samples == 1 || (pixels.bits_allocated == 8 && pixels.bits_stored == 8);
  if (!bits_fit || !colours_fit) {
    refuse(fmt::format("samples of {} bits, {} of them stored, the highest bit {}, are not read", pixels.bits_allocated,
                       pixels.bits_stored, pixels.high_bit),
           name, "convert it to grey of 8 or 16 bits or colour of 8, or leave it out");
  }
}

LookUpTable table_of(const DicomElements& item, bool signed_input, const std::string& name) {
  const std::vector<std::uint16_t> descriptor = item.words(tags::kLutDescriptor);
  LookUpTable table;
  table.entries = item.words(tags::kLutData);
  if (descriptor.size() != 3 || table.entries.empty()) {
    refuse("a look-up table is broken (its descriptor or data are missing)", name);
  }
  const std::size_t count = descriptor[0] == 0 ? 65536 : descriptor[0];
  table.first = signed_input ? static_cast<std::int16_t>(descriptor[1]) : static_cast<std::int32_t>(descriptor[1]);
  table.bits = descriptor[2];
  if (table.entries.size() * 2 == count + count % 2 && table.bits <= 8) {
    std::vector<std::uint16_t> bytes;  // two entries a word, as older files have it
    for (const std::uint16_t word : table.entries) {
      bytes.push_back(word & 0xFF);
      bytes.push_back(word >> 8);
    }
    table.entries = std::move(bytes);
  }
  if (table.entries.size() < count || table.bits < 1 || table.bits > 16) {
    refuse(fmt::format("a look-up table is broken ({} entries of {} bits are told, {} are there)", count, table.bits,
                       table.entries.size()),
           name);
  }
  table.entries.resize(count);
  return table;
}

std::variant<Rescale, LookUpTable> modality_of(const DicomElements& elements, const PixelDescription& pixels,
                                               const std::string& name) {
  const std::vector<DicomElements> tables = elements.items(tags::kModalityLutSequence);
  if (!tables.empty()) {
    return table_of(tables.front(), pixels.is_signed, name);
  }
  const Rescale rescale{elements.decimal(tags::kRescaleSlope).value_or(1),
                        elements.decimal(tags::kRescaleIntercept).value_or(0)};
  constexpr double kLargest = 1e12;
  if (rescale.slope == 0 || std::abs(rescale.slope) > kLargest || std::abs(rescale.slope) < 1 / kLargest ||
      std::abs(rescale.intercept) > kLargest) {
    refuse(fmt::format("rescale slope {} and intercept {} are out of range", rescale.slope, rescale.intercept), name);
  }
  return rescale;
}

std::optional<std::pair<std::int32_t, std::int32_t>> padding_of(const DicomElements& elements,
                                                                const GreyTransform& transform) {
  const std::optional<std::uint16_t> value = elements.word(tags::kPixelPaddingValue);
  if (!value) {
    return std::nullopt;
  }
  const std::uint16_t end = elements.word(tags::kPixelPaddingRangeLimit).value_or(*value);
  const auto number = [&](std::uint16_t bits) {
    return transform.is_signed ? static_cast<std::int16_t>(bits) : static_cast<std::int32_t>(bits);
  };
  return std::minmax({number(*value), number(end)});
}

/// All windows and tables of a file, with their explanations.
struct Offered {
  std::string explanation;
  std::variant<FullRange, LeastToMost, Window, LookUpTable> shown;
};

Window::Function function_of(const DicomElements& elements, const std::string& name) {
  const std::string given = elements.text(tags::kVoiLutFunction);
  if (given.empty() || given == "LINEAR") {
    return Window::Function::kLinear;
  }
  if (given == "LINEAR_EXACT") {
    return Window::Function::kLinearExact;
  }
  if (given != "SIGMOID") {
    refuse(fmt::format("VOI LUT function {} is not known", given.substr(0, 16)), name);
  }
  return Window::Function::kSigmoid;
}

void check_window(const Window& window, const std::string& name) {
  constexpr double kLargest = 1e12;
  const double least = window.function == Window::Function::kLinear ? 1 : 1 / kLargest;
  if (window.width < least || window.width > kLargest || std::abs(window.centre) > kLargest) {
    throw InputError(fmt::format("its window of centre {} and width {} is out of range", window.centre, window.width),
                     name, "mend the window in the file (dcmodify does it), or leave it out");
  }
}

std::vector<Offered> offered_by(const DicomElements& elements, bool signed_input, const std::string& name) {
  std::vector<Offered> offered;
  for (const DicomElements& table : elements.items(tags::kVoiLutSequence)) {
    offered.push_back({table.text(tags::kLutExplanation), table_of(table, signed_input, name)});
  }
  const std::vector<double> centres = elements.decimals(tags::kWindowCenter);
  const std::vector<double> widths = elements.decimals(tags::kWindowWidth);
  if (centres.size() != widths.size()) {
    refuse(fmt::format("it has {} window centres that are numbers and {} widths", centres.size(), widths.size()), name);
  }
  const std::vector<std::string> explanations = elements.texts(tags::kWindowExplanation);
  for (std::size_t i = 0; i < centres.size(); ++i) {
    offered.push_back(
        {i < explanations.size() ? explanations[i] : "", Window{centres[i], widths[i], function_of(elements, name)}});
  }
  return offered;
}

std::string names_of(const std::vector<Offered>& offered) {
  std::string names;
  for (const Offered& one : offered) {
    names += fmt::format("{}'{}'", names.empty() ? "" : ", ", one.explanation.substr(0, 32));
  }
  return names;
}

std::variant<FullRange, LeastToMost, Window, LookUpTable> chosen_from(const std::vector<Offered>& offered,
                                                                      int bits_stored, const ImageReadOptions& options,
                                                                      const std::string& name) {
  for (const std::string& wanted : options.windows) {
    if (wanted == "full-range") {
      return FullRange{};
    }
    if (wanted == "min-max") {
      return LeastToMost{};
    }
    for (const Offered& one : offered) {
      if (wanted == "first" || lower_case(one.explanation) == lower_case(wanted)) {
        return one.shown;
      }
    }
  }
  if (offered.empty() && bits_stored <= 8) {
    return FullRange{};
  }
  const std::string has =
      offered.empty()
          ? fmt::format("it has {} bits and no window and no VOI look-up table", bits_stored)
          : fmt::format("it has no window '{}', but {}", joined(options.windows, "' or '"), names_of(offered));
  throw InputError(
      has, name,
      "give the file a window (dcmodify does it), or name what to take instead in --window or cohort.window: "
      "first,min-max or first,full-range");
}

}  // namespace

PixelDescription describe_pixels(const DicomElements& elements, const std::string& name) {
  check_kind(elements, name);
  if (const double frames = elements.decimal(tags::kNumberOfFrames).value_or(1); frames != 1) {
    refuse(fmt::format("it has {} frames; pictures of one frame are read", frames), name);
  }
  PixelDescription pixels;
  pixels.photometric = photometric_of(elements, name);
  pixels.rows = size_of(elements, tags::kRows, "rows", name);
  pixels.columns = size_of(elements, tags::kColumns, "columns", name);
  pixels.samples = elements.word(tags::kSamplesPerPixel).value_or(1);
  pixels.bits_allocated = static_cast<int>(size_of(elements, tags::kBitsAllocated, "bits allocated", name));
  pixels.bits_stored = elements.word(tags::kBitsStored).value_or(static_cast<std::uint16_t>(pixels.bits_allocated));
  pixels.high_bit = elements.word(tags::kHighBit).value_or(static_cast<std::uint16_t>(pixels.bits_stored - 1));
  pixels.is_signed = elements.word(tags::kPixelRepresentation).value_or(0) == 1;
  pixels.planar = pixels.samples > 1 && elements.word(tags::kPlanarConfiguration).value_or(0) == 1;
  check_samples(pixels, name);
  return pixels;
}

GreyTransform grey_transform_of(const DicomElements& elements, const PixelDescription& pixels,
                                const ImageReadOptions& options, const std::string& name) {
  GreyTransform transform{.bits_stored = pixels.bits_stored,
                          .is_signed = pixels.is_signed,
                          .padding = {},
                          .modality = modality_of(elements, pixels, name),
                          .interest = FullRange{},
                          .inverted = pixels.photometric == Photometric::kMonochrome1};
  transform.padding = padding_of(elements, transform);
  // What the modality's transform gives may be below 0; a table's entries are not.
  const auto* rescale = std::get_if<Rescale>(&transform.modality);
  const bool signed_input = rescale != nullptr && (pixels.is_signed || rescale->intercept < 0 || rescale->slope < 0);
  transform.interest = chosen_from(offered_by(elements, signed_input, name), pixels.bits_stored, options, name);
  if (const auto* window = std::get_if<Window>(&transform.interest)) {
    check_window(*window, name);
  }
  return transform;
}

}  // namespace niwaki
