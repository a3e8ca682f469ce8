#pragma once

#include <string>
#include <vector>

#include "niwaki/audit/class_labels.hpp"
#include "niwaki/audit/method_figures.hpp"

namespace niwaki {

/// Fills the evidence of every class of `result`, and the intervals of its macro curve and global change, from the
/// replicates of `figures`. Without replicates only classes with too few patients
/// get a verdict. Notes are at "methods.<method>.evidence".
void weigh_evidence(const MethodFigures& figures, const std::vector<ClassLabels>& labels, const AuditOptions& options,
                    MethodResult& result, std::vector<Note>& notes);

}  // namespace niwaki
