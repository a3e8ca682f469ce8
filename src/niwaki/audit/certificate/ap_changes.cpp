#include "niwaki/audit/certificate/ap_changes.hpp"

#include <algorithm>
#include <optional>

#include "niwaki/audit/class_labels.hpp"
#include "niwaki/audit/curves.hpp"
#include "niwaki/audit/evidence.hpp"
#include "niwaki/audit/global_loss.hpp"
#include "niwaki/audit/measured_grid.hpp"

namespace niwaki {
namespace {

constexpr const char* kMethod = "candidates";

/// The steps as a method of one network. Its "sparsities" are the steps' numbers: a candidate may have none.
ScoreGrid grid_of_steps(std::size_t steps) {
  ScoreGrid grid;
  grid.methods = {kMethod};
  grid.seeds = {0};
  for (std::size_t step = 0; step <= steps; ++step) {
    grid.entries.push_back({kMethod, 0, static_cast<double>(step), ""});
  }
  return grid;
}

bool enough_patients(const ClassLabels& labels, const AuditOptions& options) {
  return std::min(labels.positive_patients, labels.negative_patients) >= options.minimum_patients;
}

}  // namespace

void measure_ap_changes(const PartScores& certify, CertificateResult& result) {
  if (result.policy.resamples == 0 || result.steps.empty()) {
    return;
  }
  AuditOptions options;
  options.resamples = result.policy.resamples;
  options.seed = result.policy.seed;
  const std::vector<std::uint32_t> patients = number_patients(certify.cohort);
  const std::vector<ClassLabels> labels = labels_by_class(certify.cohort, patients);
  const PatientResamples resamples(certify.cohort.patients(), options.resamples, options.seed);
  const Resampling resampling{patients, resamples};
  std::vector<MatrixView<const float>> tables;
  const auto view = [&](const std::vector<float>& scores) {
    return MatrixView<const float>(std::span(scores), certify.cohort.size(), labels.size());
  };
  tables.push_back(view(certify.dense));
  for (const CertificateStep& step : result.steps) {
    tables.push_back(view(certify.candidates[step.candidate]));
  }
  const ScoreGrid grid = grid_of_steps(result.steps.size());
  MeasuredGrid measured;
  measured.units = measure_tables(labels, tables, options, &resampling);
  const MethodFigures figures(grid, measured, kMethod);
  MethodResult method;
  std::vector<Note> notes;
  method.method = kMethod;
  method.macro = macro_curve(figures, labels);
  method.classes = class_curves(figures, labels, options.drop);
  method.global = global_loss(figures, labels, options, kMethod, notes);
  weigh_evidence(figures, labels, options, method, notes);

  for (std::size_t column = 0; column < labels.size(); ++column) {
    if (!result.requirements.classes[column].excluded) {
      const ClassCurve& curve = method.classes[column];
      ApChange& change = result.ap_changes.emplace_back();
      change.column = column;
      change.changes.resize(result.steps.size());
      if (enough_patients(labels[column], options)) {
        change.dense = curve.ap_dense;
        change.changes = curve.delta_ap;
        change.band = curve.evidence.delta_ap_band;
      }
    }
  }
}

}  // namespace niwaki
