#include "niwaki/cohort/nih_labels.hpp"

#include <algorithm>

#include "niwaki/cohort/class_names.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

const std::vector<std::string>& nih_classes() {
  static const std::vector<std::string> names = {"Atelectasis",        "Cardiomegaly", "Consolidation", "Edema",
                                                 "Effusion",           "Emphysema",    "Fibrosis",      "Hernia",
                                                 "Infiltration",       "Mass",         "No Finding",    "Nodule",
                                                 "Pleural_Thickening", "Pneumonia",    "Pneumothorax"};
  return names;
}

void read_findings(const CsvTable& table, std::size_t row, std::size_t column, std::span<Label> labels) {
  for (const std::string& word : split(table.rows[row].cells[column], '|')) {
    const std::optional<std::size_t> place = find_class(word, nih_classes());
    if (!place) {
      throw InputError(fmt::format("'{}' is no label of NIH ChestX-ray14{}", word, did_you_mean(word, nih_classes())),
                       table.where(row, column), "name findings of its list, joined by |, or No Finding");
    }
    labels[*place] = Label::kPositive;
  }
  const std::size_t none = *find_class("No Finding", nih_classes());
  const auto found = static_cast<std::size_t>(std::count(labels.begin(), labels.end(), Label::kPositive));
  if (labels[none] == Label::kPositive && found > 1) {
    throw InputError("an image has findings and No Finding", table.where(row, column), "keep one or the other");
  }
}

}  // namespace

Cohort read_nih_labels(const CsvTable& table) {
  const std::size_t image = table.column("Image Index");
  const std::size_t findings = table.column("Finding Labels");
  const std::size_t patient = table.column("Patient ID");
  const std::size_t last = std::max({image, findings, patient});
  Cohort cohort;
  cohort.classes = nih_classes();
  cohort.records.reserve(table.rows.size());
  cohort.labels.assign(table.rows.size() * cohort.classes.size(), Label::kNegative);
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const std::span<const std::string_view> cells = table.rows[row].cells;
    if (cells.size() <= last) {
      throw InputError(fmt::format("only {} cells", cells.size()), table.where(row),
                       "copy the file again from where it came");
    }
    if (cells[image].empty() || cells[patient].empty()) {
      throw InputError("an image has no name or no patient", table.where(row), "fill in the cell");
    }
    cohort.records.push_back({std::string(cells[image]), std::string(cells[patient]), std::string(cells[image]), ""});
    read_findings(table, row, findings,
                  std::span(cohort.labels).subspan(row * cohort.classes.size(), cohort.classes.size()));
  }
  return cohort;
}

}  // namespace niwaki
