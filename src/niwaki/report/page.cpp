#include <span>
#include <string>
#include <string_view>

#include "niwaki/core/error.hpp"
#include "niwaki/report/audit_document.hpp"
#include "niwaki/report/html_text.hpp"
#include "niwaki/report/page_bundle.hpp"
#include "niwaki/report/page_document.hpp"
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
