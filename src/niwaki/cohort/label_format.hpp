#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "niwaki/cohort/cohort.hpp"
#include "niwaki/cohort/label_policy.hpp"
#include "niwaki/cohort/labels.hpp"
#include "niwaki/cohort/problems.hpp"
#include "niwaki/core/csv.hpp"

namespace niwaki {

/// The format that a header belongs to. Throws InputError for one that is not known.
LabelFormat recognise_label_format(const CsvTable& table);

/// "patient00001" of "CheXpert-v1.0/train/patient00001/study1/view1_frontal.jpg"; "" where there is none.
std::string_view patient_of_path(std::string_view path);

/// What reading rows gives: the cohort without attributes, and the rows of the table that its records came from (all of
/// them, unless problems are collected and a row is left out).
struct ReadRows {
  Cohort cohort;
  std::vector<std::size_t> rows;
};

/// A label file with one column a class: every format but NIH's.
ReadRows read_label_columns(const CsvTable& table, LabelFormat format, const LabelOptions& options);

/// Before a cohort is written with one column a class: throws InputError for a class that would be read as the column
/// of another thing, and so be lost.
void check_class_names(const Cohort& cohort, LabelFormat format);

}  // namespace niwaki
