#pragma once

#include <filesystem>
#include <string>

#include "niwaki/cohort/cohort.hpp"
#include "niwaki/cohort/labels.hpp"

namespace niwaki {

/// Writes a cohort's labels in one of the formats that read_labels() reads (kAuto is the project's own). Throws
/// InputError, before anything is written, for what a format cannot say: an unknown label or another class in NIH's, a
/// class named as another column of the format, an image with neither a finding nor No Finding there, a path without
/// its patient in CheXpert's.
void write_labels_as(const Cohort& cohort, LabelFormat format, const std::filesystem::path& path);

}  // namespace niwaki
