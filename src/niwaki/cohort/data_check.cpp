#include "niwaki/cohort/data_check.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "niwaki/cohort/image_source.hpp"
#include "niwaki/cohort/split.hpp"
#include "niwaki/cohort/strata.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/hash.hpp"
#include "niwaki/core/parallel.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

/// What a reader that stops at its first problem has to say.
void try_to(ProblemReport& problems, const std::string& kind, const std::function<void()>& read) {
  try {
    read();
  } catch (const InputError& error) {
    problems.add({kind, error.problem(), error.where(), error.what_to_do()});
  }
}

/// What is to be told of one picture.
struct PictureCheck {
  std::optional<Problem> problem;
  std::string hash;  // of the file; "" where it cannot be read
};

PictureCheck check_picture(const fs::path& file, const ImageReadOptions& options) {
  PictureCheck result;
  try {
    const Image image = read_image(file, options);
    const auto [low, high] = std::minmax_element(image.pixels.begin(), image.pixels.end());
    if (*low == *high) {
      result.problem = Problem{"pictures of one grey", "every pixel has one value", file.string(),
                               "export them again from where they came"};
    }
    result.hash = sha256_file(file);
  } catch (const InputError& error) {
    result.problem = Problem{"pictures that cannot be read", error.problem(), error.where(), error.what_to_do()};
  }
  return result;
}

void check_copies(const Cohort& cohort, const std::vector<PictureCheck>& checks, DataCheck& result) {
  std::map<std::string, std::size_t> first;
  std::size_t of_one_patient = 0;
  for (std::size_t row = 0; row < checks.size(); ++row) {
    if (checks[row].hash.empty()) {
      continue;
    }
    const auto [found, fresh] = first.emplace(checks[row].hash, row);
    if (fresh) {
      continue;
    }
    const Record& before = cohort.records[found->second];
    if (before.patient == cohort.records[row].patient) {
      ++of_one_patient;
    } else {
      result.problems.add({"one picture under two patients",
                           fmt::format("the files of images '{}' and '{}' are the same, their patients are not",
                                       before.id, cohort.records[row].id),
                           cohort.records[row].image, "keep one of them: they may stand in two splits"});
    }
  }
  if (of_one_patient > 0) {
    result.warnings.push_back(fmt::format("{} pictures are copies of another of the same patient", of_one_patient));
  }
}

void check_pictures(const DataSet& data, DataCheck& result) {
  const std::vector<fs::path> files = find_picture_files(result.cohort, data.images, &result.problems);
  if (!data.read_pictures) {
    return;
  }
  std::vector<PictureCheck> checks(files.size());
  parallel_for(files.size(), [&](std::size_t row) {
    if (!files[row].empty()) {
      checks[row] = check_picture(files[row], data.read_options);
    }
  });
  for (const PictureCheck& check : checks) {
    if (check.problem) {
      result.problems.add(*check.problem);
    }
  }
  check_copies(result.cohort, checks, result);
}

void warn_of_classes(DataCheck& result) {
  const Cohort& cohort = result.cohort;
  const std::vector<std::size_t> positives = cohort.positives();
  const std::vector<std::size_t> unknown = cohort.unknowns();
  for (std::size_t column = 0; column < cohort.classes.size(); ++column) {
    const std::string& name = cohort.classes[column];
    if (unknown[column] == cohort.size()) {
      result.warnings.push_back(fmt::format("class '{}' is unknown for every image", name));
    } else if (positives[column] == 0) {
      result.warnings.push_back(fmt::format("class '{}' has no positive image", name));
    } else if (positives[column] + unknown[column] == cohort.size()) {
      result.warnings.push_back(fmt::format("class '{}' has no negative image", name));
    }
  }
}

void check_splits(const DataSet& data, DataCheck& result) {
  std::vector<Split> splits;
  if (!data.splits.empty()) {
    try_to(result.problems, "splits", [&] { splits = read_split_csv(result.cohort, data.splits); });
  } else if (!data.train_val_list.empty()) {
    try_to(result.problems, "splits",
           [&] { splits = read_nih_lists(result.cohort, data.train_val_list, data.test_list, SplitOptions{}, 1); });
  }
  if (!splits.empty()) {
    for (const AbsentClass& absent : absent_classes(result.cohort, splits)) {
      result.warnings.push_back(
          fmt::format("class '{}' has no positive image in the {} split", absent.name, split_name(absent.split)));
    }
  }
}

}  // namespace

DataCheck check_data_set(const DataSet& data) {
  DataCheck result;
  LabelOptions options = data.label_options;
  options.problems = &result.problems;
  try {
    result.cohort = read_labels(data.labels, options);
  } catch (const InputError& error) {
    if (result.problems.count() == 0) {
      throw;
    }
    result.problems.add({"the label file as a whole", error.problem(), error.where(), error.what_to_do()});
    return result;
  }
  warn_of_classes(result);
  if (!data.images.empty()) {
    check_pictures(data, result);
  }
  check_splits(data, result);
  if (!data.strata.empty()) {
    try_to(result.problems, "strata", [&] {
      const StrataColumns strata = read_strata(result.cohort, data.strata, {});
      result.warnings.insert(result.warnings.end(), strata.notes.begin(), strata.notes.end());
    });
  }
  return result;
}

}  // namespace niwaki
