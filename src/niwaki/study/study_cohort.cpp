#include "niwaki/study/study_cohort.hpp"

#include <algorithm>
#include <numeric>

#include "niwaki/cohort/labels.hpp"
#include "niwaki/cohort/readable_images.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/hash.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

/// Pictures beyond this many bytes in all are told apart by size and time of change, not by content.
constexpr std::uint64_t kHashWholeUpTo = std::uint64_t{2} << 30;

std::vector<Split> split_cohort(const Recipe& recipe, const Cohort& cohort) {
  if (!recipe.splits.empty()) {
    return read_split_csv(cohort, recipe.splits);
  }
  if (!recipe.train_val_list.empty()) {
    return read_nih_lists(cohort, recipe.train_val_list, recipe.test_list, recipe.split, recipe.seed);
  }
  if (!cohort.given_splits.empty()) {
    return cohort.given_splits;
  }
  if (!recipe.together.empty()) {
    const StrataColumns together = read_strata(cohort, recipe.strata, {recipe.together});
    return split_by_patient(cohort, recipe.split, recipe.seed, &together.columns.front());
  }
  return split_by_patient(cohort, recipe.split, recipe.seed);
}

/// Before the split, so that no SOP instance is in two parts of it.
void leave_out_bad_images(StudyCohort& study, const Recipe& recipe) {
  const ReadableImages readable = readable_images(study.cohort, recipe.images, recipe.reading, recipe.bad_images);
  study.warnings = readable.notes();
  if (readable.left_out > 0) {
    study.cohort = study.cohort.subset(readable.rows);
  }
}

/// The groups of the test images, and what becomes a warning.
void add_groups(StudyCohort& study, const Recipe& recipe) {
  if (!recipe.image_measures.empty()) {
    study.groups.measures = read_image_measures(study.test.cohort, recipe.image_measures);
  }
  if (recipe.strata.empty() && recipe.strata_by.empty()) {
    return;
  }
  StrataColumns strata = read_strata(study.test.cohort, recipe.strata, recipe.strata_by);
  study.groups.strata = std::move(strata.columns);
  study.warnings.insert(study.warnings.end(), strata.notes.begin(), strata.notes.end());
}

void add_pictures(Hasher& hasher, const ImageSource& images) {
  const std::vector<fs::path> files = images.files();
  std::uint64_t bytes = 0;
  for (const fs::path& file : files) {
    bytes += fs::file_size(file);
  }
  for (const fs::path& file : files) {
    if (bytes <= kHashWholeUpTo) {
      hasher.add(sha256_file(file));
    } else {
      hasher.add(std::uint64_t{fs::file_size(file)});
      hasher.add(static_cast<std::uint64_t>(fs::last_write_time(file).time_since_epoch().count()));
    }
  }
}

std::string hash_of(const StudyCohort& study, const Recipe& recipe) {
  Hasher hasher;
  for (const std::string& name : study.cohort.classes) {
    hasher.add(name);
  }
  for (std::size_t row = 0; row < study.cohort.size(); ++row) {
    const Record& record = study.cohort.records[row];
    hasher.add(record.id).add(record.patient).add(record.site).add(static_cast<std::uint64_t>(study.splits[row]));
  }
  const auto* labels = reinterpret_cast<const char*>(study.cohort.labels.data());
  hasher.add(std::string_view(labels, study.cohort.labels.size()));
  if (study.phantom) {
    const PhantomOptions& phantom = recipe.phantom;
    hasher.add(phantom.seed).add(phantom.images).add(phantom.size).add(phantom.sites);
    hasher.add(shortest(phantom.images_per_patient)).add(shortest(phantom.label_noise));
    hasher.add(shortest(phantom.tail_floor));
  }
  if (recipe.reading.windows != ImageReadOptions{}.windows) {
    for (const std::string& window : recipe.reading.windows) {
      hasher.add(window);
    }
  }
  for (const StudyPart* part : {&study.train, &study.validation, &study.test}) {
    add_pictures(hasher, *part->images);
  }
  return hasher.hex();
}

void fill_part(StudyPart& part, const StudyCohort& study, Split split, const Recipe& recipe,
               const Preprocessing& preprocessing) {
  part.rows = rows_of(study.splits, split);
  if (part.rows.empty()) {
    throw InputError(fmt::format("no image is left to {}", split_name(split)), "cohort splits",
                     "change the proportions, or give more images");
  }
  part.cohort = study.cohort.subset(part.rows);
  std::unique_ptr<ImageSource> source =
      study.phantom ? study.phantom->images(part.rows, preprocessing)
                    : open_image_files(part.cohort, recipe.images, preprocessing, recipe.reading);
  // Each part may use memory in proportion to its share of the images.
  const double share = static_cast<double>(part.rows.size()) / static_cast<double>(study.cohort.size());
  part.images = cached(std::move(source), static_cast<std::size_t>(recipe.cache_gigabytes * share * 1e9));
}

const char* consequence(Split without_positive) {
  switch (without_positive) {
    case Split::kTrain:
      return "it cannot be learnt";
    case Split::kValidation:
      return "the choice of the best epoch does not see it";
    default:
      return "it has no figures";
  }
}

/// Whether the absence of a class changes anything: not where no label of it is known at all, which is said once, nor
/// in the training split of a study that trains nothing.
bool matters(const AbsentClass& absent, const StudyCohort& study, const std::vector<std::size_t>& unknown,
             bool trains) {
  const auto column = std::ranges::find(study.cohort.classes, absent.name) - study.cohort.classes.begin();
  return unknown[static_cast<std::size_t>(column)] < study.cohort.size() && (trains || absent.split != Split::kTrain);
}

std::vector<std::string> warnings_of(const StudyCohort& study, bool trains) {
  std::vector<std::string> warnings;
  const std::vector<std::size_t> of_all = study.cohort.unknowns();
  for (const AbsentClass& absent : absent_classes(study.cohort, study.splits)) {
    if (!matters(absent, study, of_all, trains)) {
      continue;
    }
    warnings.push_back(fmt::format("class '{}' has no positive image in the {} split: {}", absent.name,
                                   split_name(absent.split), consequence(absent.split)));
  }
  const std::vector<std::size_t> unknown = study.test.cohort.unknowns();
  const std::size_t total = std::accumulate(unknown.begin(), unknown.end(), std::size_t{0});
  if (total > 0) {
    warnings.push_back(fmt::format(
        "{} labels of the test images are unknown: those images are left out of those classes' figures", total));
  }
  return warnings;
}

}  // namespace

Cohort read_study_labels(const Recipe& recipe) {
  LabelOptions options = label_options(recipe.label_format, recipe.uncertain, recipe.blank, recipe.class_map);
  options.classes = recipe.classes;
  if (!recipe.labels.empty()) {
    return read_labels(recipe.labels, options);
  }
  return read_split_labels({recipe.train_labels, recipe.validation_labels, recipe.test_labels}, options);
}

StudyCohort open_study_cohort(const Recipe& recipe, const Preprocessing& preprocessing) {
  StudyCohort study;
  if (recipe.cohort_kind == "phantom") {
    PhantomOptions options = recipe.phantom;
    options.seed = recipe.seed;
    study.phantom = std::make_unique<Phantom>(options);
    study.cohort = study.phantom->cohort();
  } else {
    study.cohort = read_study_labels(recipe);
    leave_out_bad_images(study, recipe);
  }
  study.splits = split_cohort(recipe, study.cohort);
  check_patients_apart(study.cohort, study.splits, "cohort splits");
  fill_part(study.train, study, Split::kTrain, recipe, preprocessing);
  fill_part(study.validation, study, Split::kValidation, recipe, preprocessing);
  fill_part(study.test, study, Split::kTest, recipe, preprocessing);
  study.hash = hash_of(study, recipe);
  const std::vector<std::string> warnings = warnings_of(study, recipe.train.epochs > 0);
  study.warnings.insert(study.warnings.end(), warnings.begin(), warnings.end());
  add_groups(study, recipe);
  return study;
}

std::vector<std::string> write_study_cohort(const StudyCohort& cohort, const fs::path& folder) {
  make_folder(folder / "cohort");
  std::vector<std::string> written = {"cohort/train.csv", "cohort/validation.csv", "cohort/test.csv"};
  write_labels(cohort.train.cohort, folder / written[0]);
  write_labels(cohort.validation.cohort, folder / written[1]);
  write_labels(cohort.test.cohort, folder / written[2]);
  if (cohort.phantom) {
    written.emplace_back("cohort/truth.csv");
    write_phantom_truth(*cohort.phantom, folder / written.back());
  }
  return written;
}

}  // namespace niwaki
