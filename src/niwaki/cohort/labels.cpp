#include "niwaki/cohort/labels.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "niwaki/cohort/class_names.hpp"
#include "niwaki/cohort/nih_labels.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/name_index.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<LabelFormat, const char*>, 5> kFormatNames = {
    {{LabelFormat::kAuto, "auto"},
     {LabelFormat::kNiwaki, "niwaki"},
     {LabelFormat::kNih, "nih"},
     {LabelFormat::kNihCxrLt, "nih-cxr-lt"},
     {LabelFormat::kMimicCxrLt, "mimic-cxr-lt"}}};

LabelFormat recognise(const CsvTable& table) {
  const auto has = [&](const char* name) { return table.find_column(name).has_value(); };
  if (has("Image Index") && has("Finding Labels")) {
    return LabelFormat::kNih;
  }
  if (has("id") && has("patient_id")) {
    return LabelFormat::kNiwaki;
  }
  if (has("path") && (has("subject_id") || has("subj_id"))) {
    return LabelFormat::kMimicCxrLt;
  }
  if (has("dicom_id") && has("subject_id")) {
    return LabelFormat::kMimicCxrLt;
  }
  if (has("id") && (has("subj_id") || has("subject_id"))) {
    return LabelFormat::kNihCxrLt;
  }
  throw InputError(
      "the label format is not recognised by the header", table.path,
      fmt::format("name it with --label-format, or give columns id,patient_id,<class>...; the file's are: {}",
                  joined(table.header, ", ")));
}

Label parse_cell(const CsvTable& table, std::size_t row, std::size_t column) {
  const std::string_view cell = table.rows[row].cells[column];
  if (cell == "1" || cell == "1.0") {
    return Label::kPositive;
  }
  if (cell == "0" || cell == "0.0") {
    return Label::kNegative;
  }
  if (cell.empty()) {
    return Label::kUnknown;
  }
  throw InputError(fmt::format("'{}' is no label", cell), table.where(row, column),
                   "write 1 (present), 0 (absent) or nothing (unknown)");
}

/// A table with one column a class: which columns say what.
struct ColumnLayout {
  std::size_t id = 0;
  std::size_t patient = 0;
  std::size_t image = 0;
  std::optional<std::size_t> site;
  std::vector<std::string> not_classes;  // names of columns that are no class
};

std::size_t first_column(const CsvTable& table, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const auto found = table.find_column(name)) {
      return *found;
    }
  }
  return table.column(*names.begin());  // throws, naming it
}

ColumnLayout layout_of(const CsvTable& table, LabelFormat format) {
  ColumnLayout layout;
  if (format == LabelFormat::kNiwaki) {
    layout.id = table.column("id");
    layout.patient = table.column("patient_id");
    layout.image = table.find_column("image").value_or(layout.id);
    layout.site = table.find_column("site");
    layout.not_classes = {"id", "patient_id", "image", "site"};
  } else if (format == LabelFormat::kNihCxrLt) {
    layout.id = layout.image = table.column("id");
    layout.patient = first_column(table, {"subj_id", "subject_id"});
    layout.not_classes = {"id", "subj_id", "subject_id"};
  } else {
    layout.id = first_column(table, {"dicom_id", "id", "path"});
    layout.image = first_column(table, {"path", "id", "dicom_id"});
    layout.patient = first_column(table, {"subject_id", "subj_id"});
    layout.not_classes = {"id",      "path",       "fpath",        "dicom_id", "study_id",
                          "subj_id", "subject_id", "ViewPosition", "split"};
  }
  return layout;
}

std::vector<std::size_t> class_columns(const CsvTable& table, const ColumnLayout& layout) {
  std::vector<std::size_t> columns;
  for (std::size_t column = 0; column < table.header.size(); ++column) {
    const std::string& name = table.header[column];
    const bool plain =
        std::find(layout.not_classes.begin(), layout.not_classes.end(), name) == layout.not_classes.end();
    if (plain && !name.empty()) {
      columns.push_back(column);
    }
  }
  return columns;
}

Record record_of(const CsvTable& table, const ColumnLayout& layout, std::size_t row) {
  const std::span<const std::string_view> cells = table.rows[row].cells;
  Record record{std::string(cells[layout.id]), std::string(cells[layout.patient]), std::string(cells[layout.image]),
                std::string(layout.site ? cells[*layout.site] : "")};
  if (record.id.empty() || record.patient.empty()) {
    throw InputError(record.id.empty() ? "an image has no id" : "an image has no patient", table.where(row),
                     "fill in the cell");
  }
  if (record.image.empty()) {
    record.image = record.id;
  }
  return record;
}

Cohort read_columns(const CsvTable& table, LabelFormat format) {
  const ColumnLayout layout = layout_of(table, format);
  const std::vector<std::size_t> columns = class_columns(table, layout);
  Cohort cohort;
  for (const std::size_t column : columns) {
    cohort.classes.push_back(table.header[column]);
  }
  cohort.records.reserve(table.rows.size());
  cohort.labels.reserve(table.rows.size() * columns.size());
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    cohort.records.push_back(record_of(table, layout, row));
    for (const std::size_t column : columns) {
      cohort.labels.push_back(parse_cell(table, row, column));
    }
  }
  return cohort;
}

void check_ids_once(const Cohort& cohort, const CsvTable& table) {
  NameIndex ids(cohort.size());
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    const auto [first, fresh] = ids.insert(cohort.records[row].id);  // all before were new, so its number is its row
    if (!fresh) {
      throw InputError(fmt::format("an image is listed twice, first in line {}", table.rows[first].line),
                       table.where(row), "list each image once");
    }
  }
}

/// The classes asked for, in that order.
Cohort with_classes(Cohort cohort, const std::vector<std::string>& wanted, const std::string& source) {
  if (wanted.empty()) {
    return cohort;
  }
  const std::vector<std::size_t> places = match_classes(wanted, cohort.classes, source);
  std::vector<Label> labels;
  labels.reserve(cohort.size() * places.size());
  const MatrixView<const Label> all = cohort.label_view();
  for (std::size_t row = 0; row < all.rows(); ++row) {
    for (const std::size_t place : places) {
      labels.push_back(all(row, place));
    }
  }
  cohort.classes = wanted;
  cohort.labels = std::move(labels);
  return cohort;
}

void append(Cohort& all, Cohort part, Split split) {
  all.given_splits.insert(all.given_splits.end(), part.size(), split);
  std::move(part.records.begin(), part.records.end(), std::back_inserter(all.records));
  all.labels.insert(all.labels.end(), part.labels.begin(), part.labels.end());
}

}  // namespace

LabelFormat parse_label_format(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [format, format_name] : kFormatNames) {
    if (name == format_name) {
      return format;
    }
    names.emplace_back(format_name);
  }
  throw InputError(fmt::format("there is no label format '{}'{}", name, did_you_mean(name, names)), "label format",
                   fmt::format("choose one of {}", joined(names, ", ")));
}

const char* label_format_name(LabelFormat format) {
  const auto* const found =
      std::find_if(kFormatNames.begin(), kFormatNames.end(), [&](const auto& entry) { return entry.first == format; });
  return found->second;
}

Cohort read_labels(const fs::path& path, const LabelOptions& options) {
  // NIH's header has fewer names than its rows have cells, so widths are checked once the format is known.
  CsvTable table = read_csv(path, {.same_width = false});
  const LabelFormat format = options.format == LabelFormat::kAuto ? recognise(table) : options.format;
  Cohort cohort;
  if (format == LabelFormat::kNih) {
    cohort = read_nih_labels(table);
  } else {
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
      if (table.rows[row].cells.size() != table.header.size()) {
        throw InputError(
            fmt::format("{} cells under {} column names", table.rows[row].cells.size(), table.header.size()),
            table.where(row), "give each row as many cells as the header");
      }
    }
    cohort = read_columns(table, format);
  }
  check_ids_once(cohort, table);
  cohort.check(path.string());
  return with_classes(std::move(cohort), options.classes, path.string());
}

Cohort read_split_labels(const SplitLabelFiles& files, const LabelOptions& options) {
  Cohort all;
  LabelOptions same_classes = options;
  const std::array<std::pair<const fs::path*, Split>, 3> parts = {
      {{&files.train, Split::kTrain}, {&files.validation, Split::kValidation}, {&files.test, Split::kTest}}};
  for (const auto& [path, split] : parts) {
    if (path->empty()) {
      continue;
    }
    Cohort part = read_labels(*path, same_classes);
    if (all.classes.empty()) {
      all.classes = same_classes.classes = part.classes;
    }
    append(all, std::move(part), split);
  }
  all.check("the label files of the splits together");
  return all;
}

void write_labels(const Cohort& cohort, const fs::path& path) {
  std::vector<std::string> header = {"id", "patient_id", "image", "site"};
  header.insert(header.end(), cohort.classes.begin(), cohort.classes.end());
  CsvWriter writer(header);
  const MatrixView<const Label> labels = cohort.label_view();
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    const Record& record = cohort.records[row];
    writer.cell(record.id).cell(record.patient).cell(record.image).cell(record.site);
    for (const Label label : labels.row(row)) {
      writer.cell(label == Label::kUnknown ? "" : label == Label::kPositive ? "1" : "0");
    }
    writer.end_row();
  }
  write_file(path, writer.text());
}

}  // namespace niwaki
