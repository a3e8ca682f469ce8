#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "niwaki/cohort/image_source.hpp"
#include "niwaki/cohort/phantom/phantom.hpp"
#include "niwaki/cohort/split.hpp"
#include "niwaki/cohort/strata.hpp"
#include "niwaki/study/recipe.hpp"

namespace niwaki {

/// One split of the cohort, with its pictures.
struct StudyPart {
  std::vector<std::size_t> rows;  // of the whole cohort, rising
  Cohort cohort;                  // records and labels of those rows
  std::unique_ptr<ImageSource> images;
};

/// Who a study is about, split and ready to be looked at.
struct StudyCohort {
  Cohort cohort;
  std::vector<Split> splits;
  StudyPart train, validation, test;
  ImageGroups groups;                 // what else is known of the test images, as the recipe asks
  std::string hash;                   // of ids, patients, labels, splits and pictures
  std::vector<std::string> warnings;  // said in the report: classes absent from a split, unknown labels
  std::unique_ptr<Phantom> phantom;   // where it was drawn
};

/// The labels that a recipe of kind "files" names, as it wants them read.
Cohort read_study_labels(const Recipe& recipe);

/// Draws or reads the recipe's cohort, splits it by patient and opens its pictures. Throws InputError for a split
/// without images.
StudyCohort open_study_cohort(const Recipe& recipe, const Preprocessing& preprocessing);

/// cohort/train.csv, validation.csv, test.csv (the project's own label format) and, of a phantom, truth.csv.
/// The paths written, relative to `folder`.
std::vector<std::string> write_study_cohort(const StudyCohort& cohort, const std::filesystem::path& folder);

}  // namespace niwaki
