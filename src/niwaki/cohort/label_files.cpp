#include "niwaki/cohort/label_files.hpp"

#include <algorithm>
#include <functional>

#include "niwaki/cohort/class_names.hpp"
#include "niwaki/cohort/label_format.hpp"
#include "niwaki/cohort/label_text.hpp"
#include "niwaki/cohort/nih_labels.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

const std::string& value_of(const Cohort& cohort, const char* attribute, std::size_t row) {
  static const std::string none;
  const auto found = std::ranges::find(cohort.attributes, attribute, &ImageAttribute::name);
  return found == cohort.attributes.end() ? none : found->values[row];
}

/// NIH's own name of each class.
std::vector<std::string> nih_names(const Cohort& cohort) {
  std::vector<std::string> names;
  for (const std::string& name : cohort.classes) {
    const auto place = find_class(name, nih_classes());
    if (!place) {
      throw InputError(fmt::format("'{}' is no finding of NIH ChestX-ray14", name), "the classes to write",
                       "leave it out with --classes or --class-map, or write another format");
    }
    names.push_back(nih_classes()[*place]);
  }
  return names;
}

std::string findings_of(const Cohort& cohort, const std::vector<std::string>& names, std::size_t row) {
  std::vector<std::string> found;
  const std::span<const Label> labels = cohort.label_view().row(row);
  for (std::size_t column = 0; column < names.size(); ++column) {
    if (labels[column] == Label::kUnknown) {
      throw InputError(fmt::format("the label '{}' is unknown", names[column]),
                       fmt::format("image '{}'", cohort.records[row].id),
                       "NIH's format has no unknown labels; write another format");
    }
    if (labels[column] == Label::kPositive) {
      found.push_back(names[column]);
    }
  }
  const bool none_is_a_class = std::ranges::find(names, "No Finding") != names.end();
  if (found.empty() && none_is_a_class) {
    throw InputError("the image has neither a finding nor No Finding",
                     fmt::format("image '{}'", cohort.records[row].id),
                     "NIH's format needs one; leave No Finding out of --classes, or write another format");
  }
  return found.empty() ? "No Finding" : joined(found, "|");
}

/// Rows have two cells more than names, as NIH's own file has.
std::string nih_text(const Cohort& cohort) {
  const std::vector<std::string> names = nih_names(cohort);
  CsvWriter rows(11);
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    const Record& record = cohort.records[row];
    rows.cell(record.image).cell(findings_of(cohort, names, row)).cell("").cell(record.patient).cell("");
    rows.cell(value_of(cohort, "sex", row)).cell(value_of(cohort, "view", row));
    rows.cell("").cell("").cell("").cell("").end_row();
  }
  return "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Sex,View Position,"
         "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]\n" +
         rows.text();
}

/// One column a class, between what comes before and after.
std::string column_text(const Cohort& cohort, LabelFormat format, const std::vector<std::string>& before,
                        const std::vector<std::string>& after,
                        const std::function<std::string(const Record&, const std::string&)>& cell) {
  check_class_names(cohort, format);
  std::vector<std::string> header = before;
  header.insert(header.end(), cohort.classes.begin(), cohort.classes.end());
  header.insert(header.end(), after.begin(), after.end());
  CsvWriter writer(header);
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    for (const std::string& name : before) {
      writer.cell(cell(cohort.records[row], name));
    }
    for (const Label label : cohort.label_view().row(row)) {
      writer.cell(label_cell(label));
    }
    for (const std::string& name : after) {
      writer.cell(cell(cohort.records[row], name));
    }
    writer.end_row();
  }
  return writer.text();
}

void check_paths(const Cohort& cohort) {
  for (const Record& record : cohort.records) {
    if (patient_of_path(record.image) != record.patient) {
      throw InputError("the picture's path does not hold its patient", fmt::format("image '{}'", record.id),
                       "CheXpert's format knows patients by a folder patientNNNNN alone; write another format");
    }
  }
}

std::string cell_of(const Record& record, const std::string& column) {
  if (column == "Path" || column == "path") {
    return record.image;
  }
  return column == "subj_id" || column == "subject_id" ? record.patient : record.id;
}

}  // namespace

void write_labels_as(const Cohort& cohort, LabelFormat format, const fs::path& path) {
  switch (format) {
    case LabelFormat::kAuto:
    case LabelFormat::kNiwaki:
      write_labels(cohort, path);
      return;
    case LabelFormat::kNih:
      write_file(path, nih_text(cohort));
      return;
    case LabelFormat::kNihCxrLt:
      write_file(path, column_text(cohort, format, {"id"}, {"subj_id"}, cell_of));
      return;
    case LabelFormat::kMimicCxrLt:
    case LabelFormat::kMimicCxr:
      write_file(path, column_text(cohort, format, {"dicom_id", "path", "subject_id"}, {}, cell_of));
      return;
    case LabelFormat::kChexpert:
      check_paths(cohort);
      write_file(path, column_text(cohort, format, {"Path"}, {}, cell_of));
      return;
  }
}

}  // namespace niwaki
