#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "niwaki/core/progress.hpp"
#include "niwaki/model/graph.hpp"
#include "niwaki/study/plan.hpp"
#include "niwaki/study/seed_statistics.hpp"
#include "niwaki/study/study_cohort.hpp"

namespace niwaki {

/// What the units of one run share.
struct StudyContext {
  const Recipe& recipe;
  const StudyCohort& cohort;
  std::filesystem::path folder;
  SeedStatistics& statistics;
};

/// The network that every seed starts from: model.file with its classifier fitted to the cohort's classes, or a new one
/// of model.architecture with this seed's random weights.
Graph starting_network(const Recipe& recipe, const std::vector<std::string>& classes, std::uint64_t seed);

/// What was done to an imported network to make it fit, in words; "" where nothing was.
std::string fitting_note(const Graph& imported, const std::vector<std::string>& classes);

/// Each does one unit and gives the files that it wrote, relative to the study folder. `progress` hears of the unit's
/// own work, in units of Unit::cost.
std::vector<std::string> train_unit(const StudyContext& study, const Unit& unit, Progress& progress);
std::vector<std::string> predict_unit(const StudyContext& study, const Unit& unit, Progress& progress);

/// Writes scores/scores.csv, the manifest of all predictions of the plan, and validation/scores.csv, that of the dense
/// networks on the validation images. The paths written, relative to `folder`.
std::vector<std::string> write_manifests(const std::filesystem::path& folder, const std::vector<Unit>& plan);
/// Audits the scores that the manifests list.
AuditResult run_audit(const StudyContext& study);

}  // namespace niwaki
