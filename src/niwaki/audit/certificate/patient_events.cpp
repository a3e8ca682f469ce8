#include "niwaki/audit/certificate/patient_events.hpp"

#include <algorithm>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

/// What the images of one kind (positive or negative) of one patient have among them.
struct PatientCalls {
  bool positive = false;
  bool negative = false;
  bool dense = false;     // called by the dense network
  bool pruned = false;    // called by the pruned one
  bool lost = false;      // called by the dense network only
  bool uncalled = false;  // not called by the dense network
  bool gained = false;    // called by the pruned network only
};

std::vector<PatientCalls> calls_of_patients(const CalledImages& images, int kind) {
  std::vector<PatientCalls> patients;
  if (!images.patients.empty()) {
    patients.resize(std::size_t{1} + *std::ranges::max_element(images.patients));
  }
  for (std::size_t image = 0; image < images.labels.size(); ++image) {
    PatientCalls& patient = patients[images.patients[image]];
    patient.positive = patient.positive || images.labels[image] == 1;
    patient.negative = patient.negative || images.labels[image] == 0;
    if (images.labels[image] == kind) {
      const bool dense = images.dense[image] != 0;
      const bool pruned = images.pruned[image] != 0;
      patient.dense = patient.dense || dense;
      patient.pruned = patient.pruned || pruned;
      patient.lost = patient.lost || (dense && !pruned);
      patient.uncalled = patient.uncalled || !dense;
      patient.gained = patient.gained || (!dense && pruned);
    }
  }
  return patients;
}

}  // namespace

EventCounts count_missed(const CalledImages& images, PatientEvent event) {
  EventCounts counts;
  for (const PatientCalls& patient : calls_of_patients(images, 1)) {
    const bool missed = event == PatientEvent::kFinding ? !patient.pruned : patient.lost;
    counts.patients += patient.positive ? 1 : 0;
    counts.eligible += patient.dense ? 1 : 0;
    counts.events += patient.dense && missed ? 1 : 0;
  }
  for (std::size_t image = 0; image < images.labels.size(); ++image) {
    const bool eligible = images.labels[image] == 1 && images.dense[image] != 0;
    counts.images += eligible ? 1 : 0;
    counts.image_events += eligible && images.pruned[image] == 0 ? 1 : 0;
  }
  return counts;
}

EventCounts count_false_alarms(const CalledImages& images, PatientEvent event) {
  EventCounts counts;
  const std::vector<PatientCalls> patients = calls_of_patients(images, 0);
  const auto without_finding = [](const PatientCalls& patient) { return patient.negative && !patient.positive; };
  for (const PatientCalls& patient : patients) {
    if (without_finding(patient)) {
      const bool eligible = event == PatientEvent::kFinding ? !patient.dense : patient.uncalled;
      const bool alarmed = event == PatientEvent::kFinding ? patient.pruned : patient.gained;
      counts.patients += 1;
      counts.eligible += eligible ? 1 : 0;
      counts.events += eligible && alarmed ? 1 : 0;
    }
  }
  for (std::size_t image = 0; image < images.labels.size(); ++image) {
    const bool eligible =
        without_finding(patients[images.patients[image]]) && images.labels[image] == 0 && images.dense[image] == 0;
    counts.images += eligible ? 1 : 0;
    counts.image_events += eligible && images.pruned[image] != 0 ? 1 : 0;
  }
  return counts;
}

CalledImages called_images(MatrixView<const std::int8_t> labels, std::span<const std::uint32_t> patients,
                           MatrixView<const float> dense, MatrixView<const float> pruned, std::size_t column,
                           double dense_threshold, double pruned_threshold) {
  NIWAKI_CHECK(labels.rows() == patients.size() && dense.rows() == labels.rows() && pruned.rows() == labels.rows(),
               "{} labels, {} patients, {} and {} scores", labels.rows(), patients.size(), dense.rows(), pruned.rows());
  CalledImages images{patients, labels.column(column), {}, {}};
  for (std::size_t image = 0; image < labels.rows(); ++image) {
    images.dense.push_back(static_cast<double>(dense(image, column)) >= dense_threshold ? 1 : 0);
    images.pruned.push_back(static_cast<double>(pruned(image, column)) >= pruned_threshold ? 1 : 0);
  }
  return images;
}

CalledImages both_called(const CalledImages& first, const CalledImages& second) {
  CalledImages both{first.patients, {}, {}, {}};
  for (std::size_t image = 0; image < first.labels.size(); ++image) {
    both.labels.push_back(first.labels[image] == 1 && second.labels[image] == 1 ? std::int8_t{1} : std::int8_t{-1});
    both.dense.push_back(first.dense[image] & second.dense[image]);
    both.pruned.push_back(first.pruned[image] & second.pruned[image]);
  }
  return both;
}

}  // namespace niwaki
