#pragma once

#include <string>
#include <vector>

#include "niwaki/report/decision_report.hpp"
#include "niwaki/report/report.hpp"

namespace niwaki {

/// The model card (Mitchell et al., "Model Cards for Model Reporting", FAT* 2019) of the network that the decision is
/// about: intended use, data, figures with their intervals, limits, hashes. As Markdown and as JSON; names from the
/// data are escaped in the Markdown. The same input gives the same bytes.
std::string model_card_markdown(const AuditResult& audit, const ReportInput& input);
std::string model_card_json(const AuditResult& audit, const ReportInput& input);

/// The limits of the evidence, in English, one sentence each; what the card and the page agree on.
std::vector<std::string> evidence_limits(const AuditResult& audit);

}  // namespace niwaki
