#include "niwaki/cohort/label_format.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

/// A table with one column a class: which columns say what.
struct ColumnLayout {
  std::size_t id = 0;
  std::size_t patient = 0;
  std::size_t image = 0;
  std::optional<std::size_t> site;
  bool patient_in_path = false;          // CheXpert: .../patient00001/study1/view1_frontal.jpg
  bool blank_says_nothing = false;       // so that what it becomes must be chosen
  std::vector<std::string> not_classes;  // names of columns that are no class
};

std::size_t first_column(const CsvTable& table, std::initializer_list<const char*> names) {
  const std::optional<std::size_t> found = table.find_any_column(names);
  return found ? *found : table.column(*names.begin());  // throws, naming it
}

/// The columns of a format with one column a class that are none.
std::vector<std::string> other_columns(LabelFormat format) {
  switch (format) {
    case LabelFormat::kNiwaki:
      return {"id", "patient_id", "image", "site"};
    case LabelFormat::kNihCxrLt:
      return {"id", "subj_id", "subject_id"};
    case LabelFormat::kChexpert:
      return {"Path", "Sex", "Age", "Frontal/Lateral", "AP/PA"};
    default:
      return {"id", "path", "fpath", "dicom_id", "study_id", "subj_id", "subject_id", "ViewPosition", "split"};
  }
}

ColumnLayout layout_of(const CsvTable& table, LabelFormat format) {
  ColumnLayout layout;
  layout.not_classes = other_columns(format);
  if (format == LabelFormat::kNiwaki) {
    layout.id = table.column("id");
    layout.patient = table.column("patient_id");
    layout.image = table.find_column("image").value_or(layout.id);
    layout.site = table.find_column("site");
  } else if (format == LabelFormat::kNihCxrLt) {
    layout.id = layout.image = table.column("id");
    layout.patient = first_column(table, {"subj_id", "subject_id"});
  } else if (format == LabelFormat::kChexpert) {
    layout.id = layout.image = layout.patient = table.column("Path");
    layout.patient_in_path = layout.blank_says_nothing = true;
  } else {
    layout.id = first_column(table, {"dicom_id", "id", "path"});
    layout.image = first_column(table, {"path", "id", "dicom_id"});
    layout.patient = first_column(table, {"subject_id", "subj_id"});
    layout.blank_says_nothing = format == LabelFormat::kMimicCxr;
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

class ColumnReader {
 public:
  ColumnReader(const CsvTable& table, LabelFormat format, const LabelOptions& options)
      : table_(table), layout_(layout_of(table, format)), columns_(class_columns(table, layout_)), options_(options) {}

  ReadRows read() const {
    ReadRows result;
    Cohort& cohort = result.cohort;
    for (const std::size_t column : columns_) {
      cohort.classes.push_back(table_.header[column]);
    }
    cohort.records.reserve(table_.rows.size());
    cohort.labels.reserve(table_.rows.size() * columns_.size());
    for (std::size_t row = 0; row < table_.rows.size(); ++row) {
      if (fits(row)) {
        result.rows.push_back(row);
        cohort.records.push_back(record(row));
        for (const std::size_t column : columns_) {
          cohort.labels.push_back(label(row, column));
        }
      }
    }
    return result;
  }

 private:
  [[nodiscard]] bool fits(std::size_t row) const {
    const std::span<const std::string_view> cells = table_.rows[row].cells;
    if (cells.size() != table_.header.size()) {
      tell(options_.problems, {"rows of another width than the header",
                               fmt::format("{} cells under {} column names", cells.size(), table_.header.size()),
                               table_.where(row), "give each row as many cells as the header"});
      return false;
    }
    if (cells[layout_.id].empty()) {
      tell(options_.problems, {"images without an id", "an image has no id", table_.where(row), "fill in the cell"});
      return false;
    }
    if (patient(cells).empty()) {
      tell(options_.problems,
           {"images without a patient", "an image has no patient", table_.where(row),
            layout_.patient_in_path ? "CheXpert's paths hold a folder patientNNNNN" : "fill in the cell"});
      return false;
    }
    return true;
  }

  [[nodiscard]] std::string_view patient(std::span<const std::string_view> cells) const {
    const std::string_view cell = cells[layout_.patient];
    return layout_.patient_in_path ? patient_of_path(cell) : cell;
  }

  [[nodiscard]] Record record(std::size_t row) const {
    const std::span<const std::string_view> cells = table_.rows[row].cells;
    const std::string_view image = cells[layout_.image].empty() ? cells[layout_.id] : cells[layout_.image];
    return {std::string(cells[layout_.id]), std::string(patient(cells)), std::string(image),
            std::string(layout_.site ? cells[*layout_.site] : "")};
  }

  [[nodiscard]] Label label(std::size_t row, std::size_t column) const {
    const std::string_view cell = table_.rows[row].cells[column];
    if (cell == "1" || cell == "1.0") {
      return Label::kPositive;
    }
    if (cell == "0" || cell == "0.0") {
      return Label::kNegative;
    }
    if (cell.empty()) {
      return blank(row, column);
    }
    if (cell == "-1" || cell == "-1.0") {
      return uncertain(row, column);
    }
    tell(options_.problems, {"cells that are no label", fmt::format("'{}' is no label", cell),
                             table_.where(row, column), "write 1 (present), 0 (absent) or nothing (unknown)"});
    return Label::kUnknown;
  }

  [[nodiscard]] Label blank(std::size_t row, std::size_t column) const {
    if (options_.blank == BlankPolicy::kByFormat && layout_.blank_says_nothing) {
      tell(options_.problems,
           {"empty labels without a policy", "a label is empty: the report does not mention the finding",
            table_.where(row, column), "say what that becomes: --blank negative or --blank unknown"});
    }
    return options_.blank == BlankPolicy::kNegative ? Label::kNegative : Label::kUnknown;
  }

  [[nodiscard]] Label uncertain(std::size_t row, std::size_t column) const {
    switch (options_.uncertain) {
      case UncertainPolicy::kNegative:
        return Label::kNegative;
      case UncertainPolicy::kPositive:
        return Label::kPositive;
      case UncertainPolicy::kUnknown:
        return Label::kUnknown;
      case UncertainPolicy::kRefuse:
        break;
    }
    tell(options_.problems,
         {"labels of -1 without a policy", "'-1' is no label without a policy: it says that the report was uncertain",
          table_.where(row, column), "say what that becomes: --uncertain negative, positive or unknown"});
    return Label::kUnknown;
  }

  const CsvTable& table_;
  ColumnLayout layout_;
  std::vector<std::size_t> columns_;
  const LabelOptions& options_;
};

}  // namespace

LabelFormat recognise_label_format(const CsvTable& table) {
  const auto has = [&](const char* name) { return table.find_column(name).has_value(); };
  if (has("Image Index") && has("Finding Labels")) {
    return LabelFormat::kNih;
  }
  if (has("id") && has("patient_id")) {
    return LabelFormat::kNiwaki;
  }
  if (has("Path") && has("No Finding")) {
    return LabelFormat::kChexpert;
  }
  // MIMIC-CXR's own labels, of its 14 findings as CheXpert's labeller gives them; MIMIC-CXR-LT has others.
  const bool of_labeller = has("Lung Opacity") && has("Pleural Effusion") && has("Pleural Other");
  if ((has("path") || has("dicom_id")) && (has("subject_id") || has("subj_id"))) {
    return of_labeller && !has("Calcification of the Aorta") ? LabelFormat::kMimicCxr : LabelFormat::kMimicCxrLt;
  }
  if (has("subject_id") && has("study_id")) {
    throw InputError("the labels are of studies, not of images", table.path,
                     "join mimic-cxr-2.0.0-metadata.csv by study_id, so that each image has its row with a dicom_id");
  }
  if (has("id") && (has("subj_id") || has("subject_id"))) {
    return LabelFormat::kNihCxrLt;
  }
  throw InputError(
      "the label format is not recognised by the header", table.path,
      fmt::format("name it with --label-format, or give columns id,patient_id,<class>...; the file's are: {}",
                  joined(table.header, ", ")));
}

std::string_view patient_of_path(std::string_view path) {
  constexpr std::string_view kName = "patient";
  std::size_t begin = 0;
  while (begin < path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    const bool digits =
        part.size() > kName.size() && part.find_first_not_of("0123456789", kName.size()) == std::string_view::npos;
    if (part.starts_with(kName) && digits) {
      return part;
    }
    begin = end + 1;
  }
  return {};
}

void check_class_names(const Cohort& cohort, LabelFormat format) {
  const std::vector<std::string> taken = other_columns(format);
  for (const std::string& name : cohort.classes) {
    if (std::find(taken.begin(), taken.end(), name) != taken.end()) {
      throw InputError(fmt::format("the class '{}' has the name of another column of the format", name),
                       "label file to write", "give it another name with a class map, or write another format");
    }
  }
}

ReadRows read_label_columns(const CsvTable& table, LabelFormat format, const LabelOptions& options) {
  return ColumnReader(table, format, options).read();
}

}  // namespace niwaki
