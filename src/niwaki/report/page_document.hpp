#pragma once

#include <nlohmann/json_fwd.hpp>

#include "niwaki/report/report.hpp"

namespace niwaki {

/// The data that the page's script reads: audit.json's, short of what a page has no room for, and what ReportInput
/// adds.
nlohmann::ordered_json page_document(const AuditResult& result, const ReportInput& input);

/// Calls the images of a page's document as `input.image_ids` says, everywhere in it; the rows of the label file, which
/// would tell them, are taken out.
void hide_image_ids(nlohmann::ordered_json& document, const ReportInput& input);

}  // namespace niwaki
