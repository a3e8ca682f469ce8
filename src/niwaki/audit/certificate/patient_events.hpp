#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "niwaki/audit/certificate/policy.hpp"
#include "niwaki/core/matrix_view.hpp"

namespace niwaki {

/// How many patients could lose something, and how many do. Each patient counts once, whatever images there are.
struct EventCounts {
  std::size_t patients = 0;      // of this kind: positive ones, or negative ones
  std::size_t eligible = 0;      // of these, whom the dense network calls (of negative ones: does not call)
  std::size_t events = 0;        // of the eligible, whom the pruned network does not call (of negative ones: calls)
  std::size_t images = 0;        // the same over images, which is described and never tested: eligible ones ...
  std::size_t image_events = 0;  // ... and those on which the call is another
};

/// One class (or pair of classes) over images: what is known of each, and who calls it.
struct CalledImages {
  std::span<const std::uint32_t> patients;  // of each image, from 0
  std::vector<std::int8_t> labels;          // 1 positive, 0 negative, -1 unknown; unknown ones take no part
  std::vector<std::uint8_t> dense;          // 1: called
  std::vector<std::uint8_t> pruned;
};

/// Among patients with a positive image of which the dense network calls at least one: by PatientEvent::kFinding those
/// of whom the pruned network calls no positive image, by kEveryImage those of whom it leaves one uncalled that the
/// dense network calls.
EventCounts count_missed(const CalledImages& images, PatientEvent event);

/// Among patients with a negative image and no positive one: by kFinding, of those of whom the dense network calls no
/// negative image, those of whom the pruned network calls one; by kEveryImage, of those of whom the dense network
/// leaves one uncalled, those of whom the pruned network calls such a one.
EventCounts count_false_alarms(const CalledImages& images, PatientEvent event);

/// A score of at least the threshold is a call. `thresholds`: one a class.
CalledImages called_images(MatrixView<const std::int8_t> labels, std::span<const std::uint32_t> patients,
                           MatrixView<const float> dense, MatrixView<const float> pruned, std::size_t column,
                           double dense_threshold, double pruned_threshold);

/// The pair as one class: positive where both are, called where both are called. Any other image takes no part.
CalledImages both_called(const CalledImages& first, const CalledImages& second);

}  // namespace niwaki
