#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace niwaki {

/// A look-up table of DICOM (PS3.3 C.11.1.1, C.11.2.1): input below `first` gives the first entry, input past the end
/// the last one.
struct LookUpTable {
  std::int32_t first = 0;
  int bits = 16;                       // of an entry: its full scale is 2^bits - 1
  std::vector<std::uint16_t> entries;  // at least one
};

/// value * slope + intercept (PS3.3 C.11.1.1.2).
struct Rescale {
  double slope = 1;
  double intercept = 0;
};

/// What of the values is shown, from black to white (PS3.3 C.11.2.1.2).
struct Window {
  enum class Function { kLinear, kLinearExact, kSigmoid };
  double centre = 0;
  double width = 1;
  Function function = Function::kLinear;
};

/// From the least that the stored bits can say to the most.
struct FullRange {};

/// From the least value of the picture to the most, padding left out: who has the pixels puts a Window in its place.
struct LeastToMost {};

/// How the stored values of a grey picture become values of [0, 1], 0 black: modality, then values of interest, then
/// MONOCHROME1 inverted, all of PS3.3 and PS3.4 N.2.1.
struct GreyTransform {
  int bits_stored = 16;                                          // 1 to 16
  bool is_signed = false;                                        // two's complement of these bits
  std::optional<std::pair<std::int32_t, std::int32_t>> padding;  // stored values from, to: black, whatever they say
  std::variant<Rescale, LookUpTable> modality;
  std::variant<FullRange, LeastToMost, Window, LookUpTable> interest;
  bool inverted = false;  // MONOCHROME1

  /// The number that these stored bits mean.
  [[nodiscard]] std::int32_t stored_value(std::uint32_t bits) const;
  [[nodiscard]] bool is_padding(std::int32_t stored) const;
  /// What a stored value means after the modality's transform.
  [[nodiscard]] double modality_value(std::int32_t stored) const;
};

/// [0, 1] of a value after the modality's transform. A window is at least 1 wide where linear, above 0 otherwise.
double windowed(double value, const Window& window);

/// The window from the least to the most value after the modality's transform.
Window window_over(double least, double most);

/// For each pattern of stored bits, 0 ... 2^bits_stored - 1, what it is shown as.
std::vector<float> shown_values(const GreyTransform& transform);

}  // namespace niwaki
