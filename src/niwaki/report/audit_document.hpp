#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "niwaki/audit/audit.hpp"

namespace niwaki {

/// The audit as a JSON document; inside this room only, because it shows nlohmann-json.
nlohmann::ordered_json audit_document(const AuditResult& result);

/// Shortest numbers; bytes that are no UTF-8 (a class name of another encoding) become U+FFFD. `indent` -1: one line.
std::string json_text(const nlohmann::ordered_json& document, int indent);

/// The double that prints as the shortest decimal of this float: 0.1F gives 0.1, not 0.10000000149.
double shortest_decimal(float number);

}  // namespace niwaki
