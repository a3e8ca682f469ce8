#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>

#include "niwaki/cohort/cohort.hpp"

namespace niwaki {

/// A cohort of images "image-0", "image-1", ..., two a patient. `labels`: one text an image, one letter a class: '1',
/// '0' or '?'.
inline Cohort cohort_for_tests(std::vector<std::string> classes, const std::vector<std::string>& labels) {
  Cohort cohort;
  cohort.classes = std::move(classes);
  for (std::size_t row = 0; row < labels.size(); ++row) {
    cohort.records.push_back({fmt::format("image-{}", row), fmt::format("patient-{}", row / 2), "", ""});
    for (const char letter : labels[row]) {
      cohort.labels.push_back(letter == '?' ? Label::kUnknown : letter == '1' ? Label::kPositive : Label::kNegative);
    }
  }
  NIWAKI_CHECK(cohort.labels.size() == cohort.records.size() * cohort.classes.size(), "{} labels",
               cohort.labels.size());
  return cohort;
}

}  // namespace niwaki
