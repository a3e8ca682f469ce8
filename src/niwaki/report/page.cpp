#include <span>
#include <string>
#include <string_view>

#include "niwaki/core/error.hpp"
#include "niwaki/report/audit_document.hpp"
#include "niwaki/report/html_text.hpp"
#include "niwaki/report/page_bundle.hpp"
#include "niwaki/report/report.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;

/// JSON holds `<` only inside strings, where \u003c means the same; so no string can end the script that carries it
/// or open a comment in it.
std::string without_tags(const std::string& json) {
  std::string result;
  result.reserve(json.size());
  for (const char character : json) {
    if (character == '<') {
      result += "\\u003c";
    } else {
      result += character;
    }
  }
  return result;
}

Json pictures(const AuditResult& result, const ReportInput& input) {
  constexpr std::string_view kPng = "\x89PNG\r\n\x1a\n";
  Json object = Json::object();
  for (const MethodResult& method : result.methods) {
    for (const Exemplar& exemplar : method.exemplars.exemplars) {
      const auto found = input.pictures.find(exemplar.id);
      if (found == input.pictures.end() || object.contains(exemplar.id)) {
        continue;
      }
      NIWAKI_CHECK(std::string_view(found->second).starts_with(kPng), "the picture of {} is no PNG", exemplar.id);
      object[exemplar.id] = "data:image/png;base64," + base64(found->second);
    }
  }
  return object;
}

Json page_document(const AuditResult& result, const ReportInput& input) {
  Json facts = Json::array();
  for (const Fact& fact : input.facts) {
    facts.push_back({{"name", fact.name}, {"value", fact.value}});
  }
  return {{"title", input.title},           {"warnings", input.warnings},          {"facts", std::move(facts)},
          {"recipe", input.recipe},         {"pictures", pictures(result, input)}, {"findings", input.findings},
          {"audit", audit_document(result)}};
}

void append(std::string& page, std::span<const std::string_view> pieces) {
  for (const std::string_view piece : pieces) {
    page += piece;
  }
}

/// Nothing may be fetched, framed or sent; only this script and this style sheet, known by their hashes, may act.
std::string security_policy(const PageBundle& bundle) {
  return fmt::format(
      "default-src 'none'; script-src '{}'; style-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
      bundle.script_hash, bundle.style_hash);
}

}  // namespace

std::string report_html(const AuditResult& result, const ReportInput& input) {
  const PageBundle bundle = page_bundle();
  // Through JSON first, so that a title of no valid UTF-8 is mended as the data's is.
  const std::string title = Json::parse(json_text(input.title, -1)).get<std::string>();
  std::string page = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>",
      security_policy(bundle), escaped(title));
  append(page, bundle.style);
  page +=
      "</style>\n</head>\n<body>\n<div id=\"page\"><noscript>This report draws itself with the script inside it; "
      "please allow scripts for this file. The same figures are in audit.json and the tables beside it."
      "</noscript></div>\n<script type=\"application/json\" id=\"data\">";
  page += without_tags(json_text(page_document(result, input), -1));
  page += "</script>\n<script>";
  append(page, bundle.script);
  page += "</script>\n</body>\n</html>\n";
  return page;
}

}  // namespace niwaki
