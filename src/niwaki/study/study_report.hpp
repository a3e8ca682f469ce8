#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "niwaki/audit/audit.hpp"
#include "niwaki/report/report.hpp"
#include "niwaki/study/plan.hpp"
#include "niwaki/study/store.hpp"
#include "niwaki/study/units.hpp"

namespace niwaki {

/// What report.html shows beyond the audit: the exemplars' pictures, and the facts of how it was made, among them the
/// hashes of the networks that `store` has of the plan's units. A certificate, a guard, measured times and the
/// exemplars' attention maps are taken along where they lie in the folder; no other times are in it, so that the same
/// study gives the same page.
ReportInput study_report_input(const StudyContext& study, const AuditResult& audit, const std::vector<Unit>& plan,
                               const StudyStore& store);

/// Hash of what study_report_input() takes along from the folder; "" where nothing lies there.
std::string hash_of_what_lies_beside(const std::filesystem::path& folder, const std::vector<std::string>& methods);

/// report.html, decision.json, model-card.md and model-card.json in the study's folder; their names.
std::vector<std::string> write_study_report(const std::filesystem::path& folder, const AuditResult& audit,
                                            const ReportInput& input);

/// 64 random hexadecimal digits, from the system and not from a recipe's seed, which others may know: those of `file`,
/// or new ones that are written there, for its owner's eyes only.
std::string secret_key(const std::filesystem::path& file);

}  // namespace niwaki
