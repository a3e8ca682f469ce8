#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "niwaki/audit/result.hpp"

namespace niwaki {

/// The parts of audit.json that say how sure its figures are; inside this room only, because it shows nlohmann-json.

/// methods.<method>.global
nlohmann::ordered_json global_json(const GlobalResult& global, double tolerance);
/// methods.<method>.classes[].evidence
nlohmann::ordered_json evidence_json(const ClassEvidence& evidence);
/// methods.<method>.companions
nlohmann::ordered_json companions_json(const CompanionResult& companions, const std::vector<AuditClass>& classes);
/// methods.<method>.operating_points
nlohmann::ordered_json operating_points_json(const std::vector<OperatingPoint>& points,
                                             const std::vector<AuditClass>& classes);

}  // namespace niwaki
