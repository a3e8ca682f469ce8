#include "niwaki/cohort/described_images.hpp"

#include <algorithm>
#include <optional>

#include "niwaki/cohort/image_attributes.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_in(const fs::path& folder) {
  if (!fs::is_directory(folder)) {
    throw InputError("there is no such folder of pictures", folder.string(), "name the folder that holds DICOM files");
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied)) {
    if (entry.is_regular_file()) {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

/// What came of one file: attributes, a problem, or neither where it is no DICOM file.
struct Description {
  std::optional<DicomAttributes> attributes;
  std::optional<Problem> problem;
};

Description describe(const fs::path& file, const std::string& salt) {
  Description description;
  try {
    if (is_dicom_file(file)) {
      description.attributes = read_dicom_attributes(file, salt);
    }
  } catch (const InputError& error) {
    description.problem =
        Problem{"DICOM files that cannot be read", error.problem(), error.where(), error.what_to_do()};
  }
  return description;
}

void check(const DescribedImages& images, const fs::path& folder, const BadImagePolicy& policy) {
  const std::size_t all = images.rows.size() + images.left_out;
  if (all == 0) {
    throw InputError(fmt::format("there is no DICOM file among {} files", images.other_files), folder.string(),
                     "name the folder that holds DICOM files");
  }
  if (static_cast<double>(images.left_out) > policy.limit * static_cast<double>(all)) {
    const ProblemReport::Example& first = images.problems.kinds().front().examples.front();
    throw InputError(fmt::format("{} of {} DICOM files cannot be read, more than the {:g} % that may be left out "
                                 "(first: {})",
                                 images.left_out, all, 100 * policy.limit, first.what),
                     first.where, "mend them, or raise --bad-images-limit");
  }
}

}  // namespace

DescribedImages describe_images(const fs::path& folder, const std::string& salt, const BadImagePolicy& policy) {
  policy.check();
  const std::vector<fs::path> files = files_in(folder);
  std::vector<Description> descriptions(files.size());
  parallel_for(files.size(), [&](std::size_t i) { descriptions[i] = describe(files[i], salt); });
  DescribedImages images;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const Description& description = descriptions[i];
    if (description.problem) {
      tell(policy.action == "stop" ? nullptr : &images.problems, *description.problem);
      ++images.left_out;
    } else if (description.attributes) {
      images.rows.push_back({files[i].lexically_relative(folder).generic_string(), *description.attributes});
    } else {
      ++images.other_files;
    }
  }
  check(images, folder, policy);
  return images;
}

std::string described_table(const DescribedImages& images) {
  CsvWriter table(
      {"id", "patient", "manufacturer", "model", "view", "laterality", "sex", "age_band", "portable", "institution"});
  for (const auto& [id, attributes] : images.rows) {
    table.cell(id).cell(attributes.patient).cell(attributes.manufacturer).cell(attributes.model);
    table.cell(attributes.view).cell(attributes.laterality).cell(attributes.sex);
    table.cell(attributes.age ? age_band(std::to_string(*attributes.age)) : "");
    table.cell(attributes.portable).cell(attributes.institution);
    table.end_row();
  }
  return table.text();
}

}  // namespace niwaki
