#include "niwaki/audit/class_labels.hpp"

#include <algorithm>

#include "niwaki/core/name_index.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/metrics/bootstrap_interval.hpp"

namespace niwaki {
namespace {

/// How many images of one kind (label 1 or 0) each of `count` patients has who has any.
std::vector<std::size_t> images_of_patients(const std::vector<std::uint32_t>& patients, std::size_t count,
                                            const std::vector<std::int8_t>& labels, int kind) {
  std::vector<std::size_t> counts(count);
  for (std::size_t row = 0; row < labels.size(); ++row) {
    counts[patients[row]] += labels[row] == kind ? 1 : 0;
  }
  std::erase(counts, std::size_t{0});
  return counts;
}

ClassLabels labels_of_class(const Cohort& cohort, std::size_t column, const std::vector<std::uint32_t>& patients,
                            std::size_t count) {
  const MatrixView<const Label> view = cohort.label_view();
  ClassLabels labels;
  labels.name = cohort.classes[column];
  labels.values.resize(view.rows());
  for (std::size_t row = 0; row < view.rows(); ++row) {
    const Label label = view(row, column);
    labels.values[row] = static_cast<std::int8_t>(label);
    labels.positives += label == Label::kPositive ? 1 : 0;
    labels.negatives += label == Label::kNegative ? 1 : 0;
    labels.unknown += label == Label::kUnknown ? 1 : 0;
  }
  const std::vector<std::size_t> positives = images_of_patients(patients, count, labels.values, 1);
  const std::vector<std::size_t> negatives = images_of_patients(patients, count, labels.values, 0);
  labels.positive_patients = positives.size();
  labels.negative_patients = negatives.size();
  labels.effective_patients = std::min(effective_patients(positives), effective_patients(negatives));
  return labels;
}

}  // namespace

std::vector<std::uint32_t> number_patients(const Cohort& cohort) {
  NameIndex numbers(cohort.size());
  std::vector<std::uint32_t> patients;
  patients.reserve(cohort.size());
  for (const Record& record : cohort.records) {
    patients.push_back(static_cast<std::uint32_t>(numbers.insert(record.patient).first));
  }
  return patients;
}

std::vector<ClassLabels> labels_by_class(const Cohort& cohort) {
  return labels_by_class(cohort, number_patients(cohort));
}

std::vector<ClassLabels> labels_by_class(const Cohort& cohort, const std::vector<std::uint32_t>& patients) {
  std::vector<ClassLabels> result(cohort.classes.size());
  const std::size_t count = patients.empty() ? 0 : std::size_t{1} + *std::ranges::max_element(patients);
  parallel_for(result.size(),
               [&](std::size_t column) { result[column] = labels_of_class(cohort, column, patients, count); });
  return result;
}

void note_unmeasurable(const std::vector<ClassLabels>& labels, std::vector<Note>& notes) {
  for (const ClassLabels& column : labels) {
    if (!column.measurable()) {
      const std::string reason = column.positives + column.negatives == 0 ? "the label of every image is unknown"
                                 : column.positives == 0                  ? "no image is labelled positive"
                                                                          : "no image is labelled negative";
      notes.push_back({"classes." + column.name, reason +
                                                     ", so AP, AUROC, F1 and what follows from them cannot be had; "
                                                     "left out of the macro figures"});
    }
  }
}

}  // namespace niwaki
