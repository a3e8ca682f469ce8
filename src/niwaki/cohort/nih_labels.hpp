#pragma once

#include "niwaki/cohort/cohort.hpp"
#include "niwaki/core/csv.hpp"

namespace niwaki {

/// The label file of NIH ChestX-ray14 (Wang et al., CVPR 2017), of 2017 or 2020. Its header has unquoted commas inside
/// brackets, so its first four columns alone are read by name; findings are joined by `|`. Classes: the 14 findings and
/// "No Finding", in alphabetical order. Throws InputError naming line and column for a word that is none of them, or
/// one named twice.
Cohort read_nih_labels(const CsvTable& table);

}  // namespace niwaki
