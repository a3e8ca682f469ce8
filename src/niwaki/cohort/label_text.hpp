#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "niwaki/cohort/cohort.hpp"

namespace niwaki {

/// A label as a cell of a table: "1", "0", or "" where nobody knows.
const char* label_cell(Label label);

/// The classes that a record is labelled positive for, in the cohort's order.
std::vector<std::string> positive_classes(const Cohort& cohort, std::size_t row);

}  // namespace niwaki
