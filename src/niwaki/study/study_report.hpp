#pragma once

#include <vector>

#include "niwaki/audit/audit.hpp"
#include "niwaki/study/plan.hpp"
#include "niwaki/study/units.hpp"

namespace niwaki {

/// report.html in the study folder: the audit, the exemplars' pictures, and the facts of how it was made. No times are
/// in it, so that the same study gives the same page.
void write_study_report(const StudyContext& study, const AuditResult& audit, const std::vector<Unit>& plan);

}  // namespace niwaki
