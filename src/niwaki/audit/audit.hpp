#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "niwaki/audit/options.hpp"
#include "niwaki/audit/result.hpp"
#include "niwaki/cohort/cohort.hpp"
#include "niwaki/scores/grid.hpp"

namespace niwaki {

/// Labels and dense scores of other images than the audited ones, on which operating points are chosen.
struct ValidationScores {
  Cohort cohort;   // its classes are the audited ones, in the same order
  ScoreGrid grid;  // has the dense table of every seed
};

/// What else is known of the audited images.
struct ImageGroups {
  std::vector<ImageAttribute> strata;  // each one way of putting them into groups
  std::vector<ImageMeasure> measures;  // what loss may follow
};

/// The audit: what was forgotten, from labels and scores alone. `cohort` lists the images in the order of the tables'
/// rows; a table that names its images and classes (CSV) is matched by those names instead. `strata` puts them into
/// groups, each column one way, one value an image. `train_positives` has one count a class, or is empty (the frequency
/// figures are then empty). Definitions: docs/audit.md. Every figure that is empty has a note. The same result with any
/// number of threads. Tables are read one a thread and forgotten; what stays is their figures, and the seed-averaged
/// scores of the dense and the exemplar sparsity. Throws InputError where a table does not fit the labels.
AuditResult audit(const Cohort& cohort, const std::vector<std::size_t>& train_positives, const ScoreGrid& grid,
                  const AuditOptions& options, bool logits = false, const ValidationScores* validation = nullptr,
                  const ImageGroups& groups = {});

/// `class,positives`, matched to `classes` by name ("Pleural_Thickening" and "Pleural Thickening" are one); the answer
/// is in the order of `classes`, and classes that are not among them are passed over. Throws InputError for a class
/// that is missing or listed twice, and for a cell that is no count.
std::vector<std::size_t> read_train_counts(const std::filesystem::path& path, const std::vector<std::string>& classes);

}  // namespace niwaki
