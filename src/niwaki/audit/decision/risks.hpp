#pragma once

#include "niwaki/audit/decision/decision.hpp"

namespace niwaki {

/// Of a method's network with these requirements.
DeploymentRisks risks_of(const MethodResult& method, const std::vector<Requirement>& requirements);

/// What was measured of this network against the dense one.
DeploymentGains gains_of(const NetworkChoice& network, const OutsideEvidence& outside);

}  // namespace niwaki
