#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "niwaki/cohort/problems.hpp"
#include "niwaki/cohort/readable_images.hpp"
#include "niwaki/imaging/dicom_attributes.hpp"

namespace niwaki {

/// What the DICOM files below a folder say of themselves, one row an image, in the order of their names.
struct DescribedImages {
  struct Row {
    std::string id;  // the file, relative to the folder
    DicomAttributes attributes;
  };
  std::vector<Row> rows;
  std::size_t other_files = 0;  // that are no DICOM files
  std::size_t left_out = 0;     // DICOM files whose header cannot be read
  ProblemReport problems;
};

/// Looks through the folder and those below it. Headers are read by all threads. `salt`: as of read_dicom_attributes().
/// Throws InputError where there is no DICOM file, at the first that cannot be read ("stop"), and where more are left
/// out than the policy's limit.
DescribedImages describe_images(const std::filesystem::path& folder, const std::string& salt,
                                const BadImagePolicy& policy);

/// CSV: id, patient, manufacturer, model, view, laterality, sex, age_band, portable, institution. Ages become bands as
/// in label files (age_band()).
std::string described_table(const DescribedImages& images);

}  // namespace niwaki
