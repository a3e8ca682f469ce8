#pragma once

#include <vector>

#include "niwaki/audit/class_labels.hpp"
#include "niwaki/audit/method_figures.hpp"

namespace niwaki {

/// Level 1 of one method, from macro AP over seeds. Empty, with a note, where no class can be measured. What the
/// patient bootstrap adds is weigh_evidence()'s.
GlobalResult global_loss(const MethodFigures& figures, const std::vector<ClassLabels>& labels,
                         const AuditOptions& options, const std::string& method, std::vector<Note>& notes);

}  // namespace niwaki
