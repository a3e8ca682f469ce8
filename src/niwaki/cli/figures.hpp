#pragma once

#include "niwaki/audit/audit.hpp"

namespace niwaki {

/// Prints an audit's macro figures at the sparsities that people ask for, and how frequency goes with loss.
void print_figures(const AuditResult& result);

}  // namespace niwaki
