#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace niwaki::phantom {

/// The findings of NIH-CXR-LT; "No Finding" is the class after them.
inline constexpr std::size_t kFindings = 19;
inline constexpr std::size_t kClasses = kFindings + 1;
inline constexpr std::size_t kNoFinding = kFindings;
inline constexpr std::string_view kNoFindingName = "No Finding";

/// The place of each finding in every table of the phantom: the order of NIH-CXR-LT's label files.
enum class Finding : std::uint8_t {
  kAtelectasis,
  kCardiomegaly,
  kConsolidation,
  kEdema,
  kEffusion,
  kEmphysema,
  kFibrosis,
  kHernia,
  kInfiltration,
  kMass,
  kNodule,
  kPleuralThickening,
  kPneumonia,
  kPneumothorax,
  kPneumoperitoneum,
  kPneumomediastinum,
  kSubcutaneousEmphysema,
  kTortuousAorta,
  kCalcificationOfTheAorta,
};

/// Counts over real label files. `together[a][b]` is the number of images with both findings; on the diagonal
/// stands the number with that one.
struct FindingFrequencies {
  std::size_t images;
  std::size_t without_finding;
  std::array<std::string_view, kFindings> names;
  std::array<std::array<std::uint32_t, kFindings>, kFindings> together;

  [[nodiscard]] double share(std::size_t finding) const {
    return static_cast<double>(together[finding][finding]) / static_cast<double>(images);
  }
  /// How much more often two findings meet than if they knew nothing of each other.
  [[nodiscard]] double lift(std::size_t a, std::size_t b) const {
    return static_cast<double>(together[a][b]) / static_cast<double>(images) / (share(a) * share(b));
  }
};

/// NIH-CXR-LT (Holste et al., PruneCXR 2023), the validation and the test list together: 12,533 + 21,081 images of
/// 6,298 patients. Counted by tools/phantom_frequencies.py from miccai2023_nih-cxr-lt_labels_{val,test}.csv.
const FindingFrequencies& nih_cxr_lt_frequencies();

}  // namespace niwaki::phantom
