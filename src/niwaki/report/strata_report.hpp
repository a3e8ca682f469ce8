#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "niwaki/audit/result.hpp"

namespace niwaki {

/// methods.<method>.strata of audit.json; inside this room only, because it shows nlohmann-json.
nlohmann::ordered_json strata_json(const StrataResult& strata, const std::vector<AuditClass>& classes);

/// methods.<method>.image_measures of audit.json.
nlohmann::ordered_json image_measures_json(const ImageMeasuresResult& result);

/// strata.csv: a row a method, column, group, class ("" is the mean over the classes compared) and figure.
std::string strata_table(const AuditResult& result);

}  // namespace niwaki
