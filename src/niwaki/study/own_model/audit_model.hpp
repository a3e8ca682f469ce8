#pragma once

#include <filesystem>

#include "niwaki/study/own_model/description.hpp"
#include "niwaki/study/study.hpp"

namespace niwaki {

/// A user's network, labels and pictures.
struct OwnModelAudit {
  std::filesystem::path model;
  ModelDescription description;  // over the side-car's, which is over the file's
  bool anyway = false;           // certain suspicions become warnings
  Recipe recipe;                 // cohort, pruning and audit; own_model_recipe() and what was set over it
};

/// A recipe that trains nothing: one network, global magnitude, most patients audited (0.7), the others choosing
/// operating points (0.2) and weights for methods that look at pictures (0.1).
Recipe own_model_recipe();

/// The pruning study of that network, nothing trained, in `folder`. Its classes are those audited: one that the labels
/// lack is unknown for all images, labels that the network lacks are passed over, and both are said. Before anything is
/// pruned, the network is looked at as it is used here (guards.hpp). Throws InputError where what is needed is not
/// said, no class is known to both, or a suspicion is certain.
StudyOutcome audit_own_model(const OwnModelAudit& audit, const std::filesystem::path& folder, Progress& progress);

}  // namespace niwaki
