#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "niwaki/cohort/cohort.hpp"

namespace niwaki {

/// The ways in which a cohort's images are put into groups, one an attribute: its values are the groups.
struct StrataColumns {
  std::vector<ImageAttribute> columns;
  std::vector<std::string> notes;  // columns left out and why, images that the side file does not list
};

/// What a column may have at most to be a way of grouping.
inline constexpr std::size_t kMostStrata = 30;

/// `file` (may be empty): a CSV with a column `id` (or `image`) and one a grouping; joined with the cohort by the
/// images' ids, else by their file names. Rows of other images are passed over; images without a row belong to no
/// group. `names` chooses columns of the file, of the label file (`view`, `sex`, `age_band`) or `site`, in this order;
/// where empty, all of the file that have 2 to kMostStrata different values. Throws InputError for a name that is
/// nowhere, an image listed twice, a file none of whose images is in the cohort, and a named column of too many values.
StrataColumns read_strata(const Cohort& cohort, const std::filesystem::path& file,
                          const std::vector<std::string>& names);

/// A CSV with a column `id` (or `image`) and one a measure, joined as above. Empty cells are unknown. Throws InputError
/// for a cell that is no number, and as above.
std::vector<ImageMeasure> read_image_measures(const Cohort& cohort, const std::filesystem::path& file);

/// What the label file says beside labels, and the sites, as such a CSV.
void write_attributes(const Cohort& cohort, const std::filesystem::path& path);

}  // namespace niwaki
