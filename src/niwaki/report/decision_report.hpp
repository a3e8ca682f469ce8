#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "niwaki/audit/decision/decision.hpp"
#include "niwaki/audit/decision/rollout.hpp"
#include "niwaki/report/economic_inputs.hpp"

namespace niwaki {

/// All that a decision is made from, beside the audit.
struct DeploymentInput {
  DeploymentPolicy policy;
  OutsideEvidence outside;
  RolloutOptions rollout;  // its images a day are those of `economics`
  EconomicInputs economics;
  std::string intended_use;  // by whom and for what, in the user's words; may be empty
};

/// Where what stands beside an audit lies; an empty path: nothing is asked.
struct OutsidePaths {
  std::filesystem::path study;  // whose network files are counted
  std::filesystem::path certificate, guard, times;
};

/// The usual places in a study's folder: certificate/certificate.json, guard/guard.json, times.json; where a file is
/// not there its path stays empty.
OutsidePaths outside_paths_of_study(const std::filesystem::path& study);

/// Reads what is named. A certificate counts only where every file that it rests on still has the hash that it records;
/// a guard only where it is of a method, a sparsity, seeds and as many test images as were audited; times only of
/// network files with the hash that they record (where the study is known). What does not count is in `passed_over`.
/// Throws InputError for what is no such file.
OutsideEvidence read_outside_evidence(const OutsidePaths& paths, const AuditResult& audit);

/// Why, in one English sentence; and what the verdict says to do: "deploy l1 at 80% sparsity".
std::string decision_sentence(const AuditResult& audit, const Decision& decision, const DeploymentInput& input);
std::string decision_headline(const Decision& decision);

/// What `niwaki gate` prints: verdict, reason, gains, risks, what is not known.
std::vector<std::string> decision_text(const AuditResult& audit, const Decision& decision,
                                       const DeploymentInput& input);

/// decision.json as docs/formats.md has it. The same input gives the same bytes.
std::string decision_json(const AuditResult& audit, const DeploymentInput& input);

}  // namespace niwaki
