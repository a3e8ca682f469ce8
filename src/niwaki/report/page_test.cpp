#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "niwaki/core/error.hpp"
#include "niwaki/report/example_result.hpp"
#include "niwaki/report/page_bundle.hpp"
#include "niwaki/report/report.hpp"

namespace niwaki {
namespace {

using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::ordered_json;

constexpr std::string_view kPng = "\x89PNG\r\n\x1a\n";

ReportInput example_input() {
  ReportInput input;
  input.title = "Example";
  input.facts = {{"Network", "resnet-small"}};
  input.warnings = {"no positive image of Hernia"};
  input.recipe = "[study]\nseed = 1\n";
  input.pictures = {{"a.png", std::string(kPng) + "pixels"}};
  input.findings = {{"a.png", {"Edema"}}, {"b.png", {}}};
  return input;
}

std::string between(const std::string& text, const std::string& start, const std::string& end) {
  const std::size_t from = text.find(start);
  NIWAKI_CHECK(from != std::string::npos, "no {}", start);
  const std::size_t begin = from + start.size();
  return text.substr(begin, text.find(end, begin) - begin);
}

const std::string kDataStart = "<script type=\"application/json\" id=\"data\">";

Json data_of(const std::string& page) {
  return Json::parse(between(page, kDataStart, "</script>"));
}

std::string joined_pieces(std::span<const std::string_view> pieces) {
  std::string text;
  for (const std::string_view piece : pieces) {
    text += piece;
  }
  return text;
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

TEST(Page, carries_the_figures_of_audit_json) {
  const AuditResult result = example_result();
  const Json data = data_of(report_html(result, example_input()));
  EXPECT_EQ(data["audit"], Json::parse(audit_json(result)));
  EXPECT_EQ(data["title"], "Example");
  EXPECT_EQ(data["facts"][0]["value"], "resnet-small");
  EXPECT_EQ(data["warnings"][0], "no positive image of Hernia");
  EXPECT_EQ(data["recipe"], "[study]\nseed = 1\n");
  EXPECT_EQ(data["findings"]["a.png"], Json({"Edema"}));
  EXPECT_TRUE(data["findings"]["b.png"].empty());
}

TEST(Page, pictures_are_data_of_exemplars_only) {
  ReportInput input = example_input();
  input.pictures["stranger.png"] = kPng;
  const Json data = data_of(report_html(example_result(), input));
  EXPECT_EQ(data["pictures"], Json({{"a.png", "data:image/png;base64,iVBORw0KGgpwaXhlbHM="}}));
}

TEST(Page, base64_ends_as_the_number_of_bytes_asks) {
  ReportInput input = example_input();
  const auto picture = [&](const std::string& bytes) {
    input.pictures = {{"a.png", std::string(kPng) + bytes}};
    return data_of(report_html(example_result(), input))["pictures"]["a.png"].get<std::string>();
  };
  EXPECT_THAT(picture(""), testing::EndsWith(",iVBORw0KGgo="));
  EXPECT_THAT(picture("\xFF"), testing::EndsWith(",iVBORw0KGgr/"));
  EXPECT_THAT(picture("\xFF\xFE"), testing::EndsWith(",iVBORw0KGgr//g=="));
}

TEST(Page, a_picture_that_is_no_png_is_a_bug) {
  ReportInput input = example_input();
  input.pictures["a.png"] = "GIF89a";
  EXPECT_THROW(report_html(example_result(), input), BrokenInvariant);
}

TEST(Page, stands_without_pictures_facts_and_recipe) {
  ReportInput input;
  input.title = "Scores alone";
  const Json data = data_of(report_html(example_result(), input));
  EXPECT_TRUE(data["pictures"].is_object());
  EXPECT_TRUE(data["pictures"].empty());
  EXPECT_TRUE(data["findings"].is_object());
  EXPECT_TRUE(data["facts"].is_array());
  EXPECT_TRUE(data["warnings"].is_array());
  EXPECT_EQ(data["recipe"], "");
}

TEST(Page, the_same_input_gives_the_same_bytes) {
  EXPECT_EQ(report_html(example_result(), example_input()), report_html(example_result(), example_input()));
}

TEST(Page, hostile_names_are_text) {
  const std::vector<std::string> names = {"</script><script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>",
                                          "\u202E\u05D0\U0001F9E0<!--"};
  ReportInput input = example_input();
  input.title = "</title><script>alert(2)</script> & \u202E";
  input.warnings = {"<b>warning</b>"};
  input.recipe = "x = \"</SCRIPT>\"";
  input.findings = {{"</script>", {"<i>"}}};
  AuditResult result = example_result(names);
  result.methods[0].exemplars.exemplars[0].id = "<svg onload=alert(3)>";
  const std::string page = report_html(result, input);
  // Two scripts of ours (the data and the bundle) and nothing more.
  EXPECT_EQ(occurrences(page, "</script>"), 2U);
  EXPECT_EQ(occurrences(page, "<script"), 2U);
  EXPECT_THAT(between(page, kDataStart, "</script>"), Not(HasSubstr("<")));
  EXPECT_EQ(between(page, "<title>", "</title>"), "&lt;/title&gt;&lt;script&gt;alert(2)&lt;/script&gt; &amp; \u202E");
  const Json data = data_of(page);
  EXPECT_EQ(data["title"], input.title);
  EXPECT_EQ(data["recipe"], input.recipe);
  for (std::size_t index = 0; index < names.size(); ++index) {
    EXPECT_EQ(data["audit"]["cohort"]["classes"][index]["name"], names[index]);
  }
}

TEST(Page, asks_nothing_of_the_network) {
  const std::string page = report_html(example_result(), example_input());
  const std::regex reference(R"re((src|href|action|data|poster)\s*=\s*["']?\s*(https?:)?//)re",
                             std::regex::icase | std::regex::optimize);
  const std::string head = page.substr(0, page.find("<style>"));
  EXPECT_FALSE(std::regex_search(head, reference));
  EXPECT_EQ(occurrences(page, "<link"), 0U);
  EXPECT_EQ(occurrences(page, "<iframe"), 0U);
  const std::string style = joined_pieces(page_bundle().style);
  EXPECT_THAT(style, Not(HasSubstr("@import")));
  EXPECT_THAT(style, Not(HasSubstr("url(")));
  const std::string script = joined_pieces(page_bundle().script);
  for (const char* asks : {"fetch(", "XMLHttpRequest", "WebSocket", "importScripts", "sendBeacon"}) {
    EXPECT_THAT(script, Not(HasSubstr(asks)));
  }
  EXPECT_FALSE(std::regex_search(script, reference));
}

TEST(Page, its_policy_lets_only_its_own_script_and_style_act) {
  const std::string page = report_html(example_result(), example_input());
  const std::string policy = between(page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_THAT(policy, HasSubstr("script-src '" + std::string(page_bundle().script_hash) + "'"));
  EXPECT_THAT(policy, HasSubstr("style-src '" + std::string(page_bundle().style_hash) + "'"));
  EXPECT_EQ(between(page, "<style>", "</style>"), joined_pieces(page_bundle().style));
  EXPECT_EQ(between(page, "</script>\n<script>", "</script>"), joined_pieces(page_bundle().script));
}

TEST(Page, bytes_that_are_no_text_do_not_stop_it) {
  ReportInput input = example_input();
  input.title = "Ed\xE8me";
  input.recipe = "\xFF";
  const std::string page = report_html(example_result(), input);
  EXPECT_EQ(between(page, "<title>", "</title>"), "Ed\uFFFDme");
  EXPECT_EQ(data_of(page)["recipe"], "\uFFFD");
}

}  // namespace
}  // namespace niwaki
