#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "niwaki/cohort/cohort.hpp"
#include "niwaki/core/csv.hpp"

namespace niwaki {

/// "0-17", "18-39", "40-59", "60-79" or "80+" of "57", "057Y" or "57.0"; "" where it is no age up to 120 years (NIH's
/// file has patients of 414).
std::string age_band(std::string_view age);

/// What the columns of a label file say of its rows beside labels, under one name each: `view` (View Position,
/// ViewPosition, AP/PA; Frontal/Lateral where that says Lateral), `sex` (Patient Sex, Patient Gender, Sex; its first
/// letter) and `age_band` (Patient Age, Age). Columns that are not there are passed over.
std::vector<ImageAttribute> read_attributes(const CsvTable& table, const std::vector<std::size_t>& rows);

}  // namespace niwaki
