#include "niwaki/cohort/label_text.hpp"

namespace niwaki {

const char* label_cell(Label label) {
  return label == Label::kUnknown ? "" : label == Label::kPositive ? "1" : "0";
}

std::vector<std::string> positive_classes(const Cohort& cohort, std::size_t row) {
  std::vector<std::string> classes;
  const std::span<const Label> labels = cohort.label_view().row(row);
  for (std::size_t column = 0; column < labels.size(); ++column) {
    if (labels[column] == Label::kPositive) {
      classes.push_back(cohort.classes[column]);
    }
  }
  return classes;
}

}  // namespace niwaki
