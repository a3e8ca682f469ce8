#include "niwaki/cohort/cohort.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "niwaki/core/name_index.hpp"

namespace niwaki {
namespace {

std::vector<std::size_t> count(const Cohort& cohort, Label wanted) {
  std::vector<std::size_t> counts(cohort.classes.size());
  const MatrixView<const Label> labels = cohort.label_view();
  for (std::size_t row = 0; row < labels.rows(); ++row) {
    for (std::size_t column = 0; column < labels.columns(); ++column) {
      counts[column] += labels(row, column) == wanted ? 1 : 0;
    }
  }
  return counts;
}

}  // namespace

const char* split_name(Split split) {
  switch (split) {
    case Split::kTrain:
      return "train";
    case Split::kValidation:
      return "validation";
    case Split::kTest:
      return "test";
  }
  return "";
}

std::size_t Cohort::patients() const {
  NameIndex names(records.size());
  for (const Record& record : records) {
    names.insert(record.patient);
  }
  return names.size();
}

std::vector<std::size_t> Cohort::positives() const {
  return count(*this, Label::kPositive);
}

std::vector<std::size_t> Cohort::unknowns() const {
  return count(*this, Label::kUnknown);
}

Cohort Cohort::subset(std::span<const std::size_t> rows) const {
  Cohort chosen;
  chosen.classes = classes;
  chosen.records.reserve(rows.size());
  chosen.labels.reserve(rows.size() * classes.size());
  const MatrixView<const Label> view = label_view();
  for (const std::size_t row : rows) {
    NIWAKI_CHECK(row < size(), "row {} of {}", row, size());
    chosen.records.push_back(records[row]);
    chosen.labels.insert(chosen.labels.end(), view.row(row).begin(), view.row(row).end());
    if (!given_splits.empty()) {
      chosen.given_splits.push_back(given_splits[row]);
    }
  }
  for (const ImageAttribute& attribute : attributes) {
    ImageAttribute& part = chosen.attributes.emplace_back(ImageAttribute{attribute.name, {}});
    part.values.reserve(rows.size());
    for (const std::size_t row : rows) {
      part.values.push_back(attribute.values[row]);
    }
  }
  return chosen;
}

void Cohort::check(const std::string& source) const {
  NIWAKI_CHECK(labels.size() == records.size() * classes.size(), "{} labels", labels.size());
  if (records.empty()) {
    throw InputError("no image is listed", source, "give a label file with at least one image");
  }
  if (classes.empty()) {
    throw InputError("no class is named", source, "give each class a column");
  }
  std::unordered_set<std::string_view> names;
  for (const std::string& name : classes) {
    if (!names.insert(name).second) {
      throw InputError(fmt::format("the class '{}' is named twice", name), source, "name each class once");
    }
  }
  NameIndex ids(records.size());
  for (const Record& record : records) {
    if (!ids.insert(record.id).second) {
      throw InputError(fmt::format("the image '{}' is listed twice", record.id), source, "list each image once");
    }
  }
}

}  // namespace niwaki
