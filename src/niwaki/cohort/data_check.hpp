#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "niwaki/cohort/labels.hpp"
#include "niwaki/cohort/problems.hpp"
#include "niwaki/imaging/image.hpp"

namespace niwaki {

/// The files of a data set; all but the labels may be left out.
struct DataSet {
  std::filesystem::path labels;
  LabelOptions label_options;  // its `problems` are not read
  std::filesystem::path images;
  bool read_pictures = true;  // else it is only asked whether they are there
  ImageReadOptions read_options;
  std::filesystem::path splits;
  std::filesystem::path train_val_list, test_list;
  std::filesystem::path strata;
};

/// What a data set holds and all that is wrong with it.
struct DataCheck {
  Cohort cohort;  // of the rows that can be read
  ProblemReport problems;
  std::vector<std::string> warnings;  // what can be worked with, but must be known
};

/// Reads everything once and goes on where something is wrong. Pictures are decoded by all threads; the answer does not
/// depend on how many. Throws InputError only where nothing can be said: a file that is missing or is none of the
/// formats.
DataCheck check_data_set(const DataSet& data);

}  // namespace niwaki
