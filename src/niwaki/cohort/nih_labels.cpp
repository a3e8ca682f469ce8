#include "niwaki/cohort/nih_labels.hpp"

#include <algorithm>

#include "niwaki/cohort/class_names.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

/// Most words are spelt as the list has them.
std::optional<std::size_t> find_finding(const std::string& word) {
  const auto exact = std::ranges::find(nih_classes(), word);
  return exact != nih_classes().end() ? std::optional<std::size_t>(exact - nih_classes().begin())
                                      : find_class(word, nih_classes());
}

void read_findings(const CsvTable& table, std::size_t row, std::size_t column, std::span<Label> labels,
                   ProblemReport* problems) {
  for (const std::string& word : split(table.rows[row].cells[column], '|')) {
    if (const std::optional<std::size_t> place = find_finding(word)) {
      labels[*place] = Label::kPositive;
    } else {
      tell(problems, {"findings that are none of NIH ChestX-ray14's",
                      fmt::format("'{}' is no label of NIH ChestX-ray14{}", word, did_you_mean(word, nih_classes())),
                      table.where(row, column), "name findings of its list, joined by |, or No Finding"});
    }
  }
  const std::size_t none = *find_finding("No Finding");
  const auto found = static_cast<std::size_t>(std::count(labels.begin(), labels.end(), Label::kPositive));
  if (labels[none] == Label::kPositive && found > 1) {
    tell(problems, {"images with findings and No Finding", "an image has findings and No Finding",
                    table.where(row, column), "keep one or the other"});
  }
}

/// Whether the row can be an image at all.
bool is_image(const CsvTable& table, std::size_t row, std::size_t last, std::size_t image, std::size_t patient,
              ProblemReport* problems) {
  const std::span<const std::string_view> cells = table.rows[row].cells;
  if (cells.size() <= last) {
    tell(problems, {"rows that are too short", fmt::format("only {} cells", cells.size()), table.where(row),
                    "copy the file again from where it came"});
    return false;
  }
  if (cells[image].empty() || cells[patient].empty()) {
    tell(problems, {"images without a name or a patient", "an image has no name or no patient", table.where(row),
                    "fill in the cell"});
    return false;
  }
  return true;
}

}  // namespace

const std::vector<std::string>& nih_classes() {
  static const std::vector<std::string> names = {"Atelectasis",        "Cardiomegaly", "Consolidation", "Edema",
                                                 "Effusion",           "Emphysema",    "Fibrosis",      "Hernia",
                                                 "Infiltration",       "Mass",         "No Finding",    "Nodule",
                                                 "Pleural_Thickening", "Pneumonia",    "Pneumothorax"};
  return names;
}

ReadRows read_nih_labels(const CsvTable& table, ProblemReport* problems) {
  const std::size_t image = table.column("Image Index");
  const std::size_t findings = table.column("Finding Labels");
  const std::size_t patient = table.column("Patient ID");
  const std::size_t last = std::max({image, findings, patient});
  ReadRows result;
  Cohort& cohort = result.cohort;
  cohort.classes = nih_classes();
  cohort.records.reserve(table.rows.size());
  cohort.labels.reserve(table.rows.size() * cohort.classes.size());
  std::vector<Label> labels;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    if (!is_image(table, row, last, image, patient, problems)) {
      continue;
    }
    const std::span<const std::string_view> cells = table.rows[row].cells;
    labels.assign(cohort.classes.size(), Label::kNegative);
    read_findings(table, row, findings, labels, problems);
    result.rows.push_back(row);
    cohort.records.push_back({std::string(cells[image]), std::string(cells[patient]), std::string(cells[image]), ""});
    cohort.labels.insert(cohort.labels.end(), labels.begin(), labels.end());
  }
  return result;
}

}  // namespace niwaki
