#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "niwaki/audit/audit.hpp"
#include "niwaki/cohort/cohort.hpp"

namespace niwaki {

/// One column of the labels, as the metrics want it.
struct ClassLabels {
  std::string name;
  std::vector<std::int8_t> values;  // one an image: 1 positive, 0 negative, -1 unknown
  std::size_t positives = 0;
  std::size_t negatives = 0;
  std::size_t unknown = 0;
  std::size_t positive_patients = 0;  // patients with a positive image
  std::size_t negative_patients = 0;  // patients with a negative image
  double effective_patients = 0.0;    // of the scarcer kind of images (metrics/bootstrap_interval.hpp)

  /// Ranking needs images of both kinds.
  [[nodiscard]] bool measurable() const { return positives > 0 && negatives > 0; }
};

/// The patients of a cohort's images as numbers 0, 1, ... in order of first appearance.
std::vector<std::uint32_t> number_patients(const Cohort& cohort);

std::vector<ClassLabels> labels_by_class(const Cohort& cohort);
/// As above; `patients`: of number_patients().
std::vector<ClassLabels> labels_by_class(const Cohort& cohort, const std::vector<std::uint32_t>& patients);

/// A note for every class whose figures are empty, and why.
void note_unmeasurable(const std::vector<ClassLabels>& labels, std::vector<Note>& notes);

}  // namespace niwaki
