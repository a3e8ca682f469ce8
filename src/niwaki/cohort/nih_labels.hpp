#pragma once

#include "niwaki/cohort/cohort.hpp"
#include "niwaki/cohort/label_format.hpp"
#include "niwaki/cohort/problems.hpp"
#include "niwaki/core/csv.hpp"

namespace niwaki {

/// The 14 findings and "No Finding", as the file spells them, in alphabetical order.
const std::vector<std::string>& nih_classes();

/// The label file of NIH ChestX-ray14 (Wang et al., CVPR 2017), of 2017 or 2020. Its header has unquoted commas inside
/// brackets, so its first four columns alone are read by name; findings are joined by `|`. Classes: nih_classes().
/// Throws InputError naming line and column for a word that is none of them, or one named twice.
ReadRows read_nih_labels(const CsvTable& table, ProblemReport* problems = nullptr);

}  // namespace niwaki
