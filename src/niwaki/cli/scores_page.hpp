#pragma once

#include <filesystem>
#include <string>

#include "niwaki/audit/audit.hpp"
#include "niwaki/cohort/cohort.hpp"

namespace niwaki {

/// report.html of an audit of labels and scores alone, without pictures, recipe and network: `folder`/report.html. The
/// facts name the label file and the manifest, with their hashes.
void write_scores_page(const AuditResult& result, const Cohort& cohort, const std::filesystem::path& labels,
                       const std::filesystem::path& scores, const std::string& title,
                       const std::filesystem::path& folder);

}  // namespace niwaki
