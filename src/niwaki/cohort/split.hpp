#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "niwaki/cohort/cohort.hpp"

namespace niwaki {

/// Shares of the patients; they sum to 1.
struct SplitOptions {
  double train = 0.7;
  double validation = 0.1;
  double test = 0.2;
  void check() const;  // throws InputError naming the field
};

/// A split of every record by patient, stratified: iterative stratification (Sechidis, Tsoumakas & Vlahavas,
/// ECML PKDD 2011) over patients instead of images, the rarest class first, so that a class with three positive
/// patients or more is in all three splits. Ties are broken by the stream "cohort/split" of `seed`.
///
/// `together` (may be null): images of one value of it (one site) stay in one split too, with all that their patients
/// have elsewhere; images without a value go by patient alone. So the test is of sites that training never saw. Throws
/// InputError where that leaves fewer than three groups.
std::vector<Split> split_by_patient(const Cohort& cohort, const SplitOptions& options, std::uint64_t seed,
                                    const ImageAttribute* together = nullptr);

/// Splits from files: either NIH's train_val_list.txt and test_list.txt (one image name a line; the train/val
/// images are then divided by patient in the proportions train : validation), or a CSV with columns
/// `id,split` (train, validation or val, test). Images that the files name beyond the cohort are passed over. Throws
/// InputError for an image of the cohort that is in no list or in two, and for a patient in two splits (counted, with
/// the first row, never a name).
std::vector<Split> read_nih_lists(const Cohort& cohort, const std::filesystem::path& train_val_list,
                                  const std::filesystem::path& test_list, const SplitOptions& options,
                                  std::uint64_t seed);
std::vector<Split> read_split_csv(const Cohort& cohort, const std::filesystem::path& path);

/// The rows of one split, rising.
std::vector<std::size_t> rows_of(const std::vector<Split>& splits, Split split);

/// Throws InputError where a patient has images in two splits.
void check_patients_apart(const Cohort& cohort, const std::vector<Split>& splits, const std::string& source);

/// Classes without a positive image in a split: "class 'Hernia' has no positive in validation". These are
/// warned of, and every figure that needs them is null with this reason.
struct AbsentClass {
  std::string name;
  Split split;
};
std::vector<AbsentClass> absent_classes(const Cohort& cohort, const std::vector<Split>& splits);

}  // namespace niwaki
