#pragma once

#include <string>

#include "niwaki/audit/audit.hpp"

namespace niwaki {

/// Lines for the terminal, each ending with a line break: how training frequency goes with first drop and with the loss
/// of AUROC. Coefficients with their number of classes, no verdict; where there is none, the audit's note.
std::string frequency_text(const AuditResult& result, const MethodResult& method);

}  // namespace niwaki
