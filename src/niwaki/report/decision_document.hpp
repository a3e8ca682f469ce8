#pragma once

#include <nlohmann/json_fwd.hpp>

#include "niwaki/report/decision_report.hpp"

namespace niwaki {

/// The decision, the roll-out plan and what the return on investment is computed from, as the page has them: {decision,
/// rollout, economics}. Inside this room only, because it shows nlohmann-json.
nlohmann::ordered_json decision_document(const AuditResult& audit, const DeploymentInput& input);

}  // namespace niwaki
