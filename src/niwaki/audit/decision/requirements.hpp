#pragma once

#include <vector>

#include "niwaki/audit/decision/decision.hpp"

namespace niwaki {

/// Every step of a method held to the tolerances.
JudgedMethod judge_method(const MethodResult& method, const DeploymentTolerances& tolerances);

/// Macro AP and every class of which enough is known are kept, and one class is. `of`: macro first, then classes.
bool all_known_kept(const std::vector<Requirement>& requirements);

/// Columns of the requirements with this status.
std::vector<std::size_t> columns_with(const std::vector<Requirement>& requirements, RequirementStatus status);
std::vector<std::size_t> unknown_columns(const std::vector<Requirement>& requirements);

/// By the ends of a band of relative changes.
RequirementStatus status_of(const FigureInterval& band, double tolerance);

}  // namespace niwaki
