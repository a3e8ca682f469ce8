#pragma once

#include <filesystem>
#include <string>

#include "niwaki/audit/result.hpp"

namespace niwaki {

/// As much of an audit.json as a decision hangs on: cohort, options, seeds, and of each method its sparsities, macro
/// AP, changes of AP with their bands and verdicts, sensitivities, companion effects, verdicts on strata, and exemplars
/// with their probabilities and flips. Everything else is empty, and exemplars' rows are their places in the list.
///
/// Throws InputError naming `name` for what is no JSON, a key that is missing or of another kind, curves of another
/// length than the sparsities, a class that the cohort does not have, a verdict that is none, an interval whose ends
/// are the wrong way round, and sparsities that do not rise from 0.
AuditResult parse_audit(const std::string& text, const std::string& name);
AuditResult read_audit(const std::filesystem::path& path);

}  // namespace niwaki
