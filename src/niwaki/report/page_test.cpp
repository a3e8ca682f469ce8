#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
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

/// Every figure of the page's audit is that of audit.json; it may have fewer.
void expect_within(const Json& shown, const Json& whole, const std::string& where) {
  if (shown.is_object()) {
    for (const auto& [key, value] : shown.items()) {
      ASSERT_TRUE(whole.contains(key)) << where << "." << key;
      expect_within(value, whole[key], fmt::format("{}.{}", where, key));
    }
  } else if (shown.is_array()) {
    ASSERT_EQ(shown.size(), whole.size()) << where;
    for (std::size_t i = 0; i < shown.size(); ++i) {
      expect_within(shown[i], whole[i], where + "[" + std::to_string(i) + "]");
    }
  } else {
    EXPECT_EQ(shown, whole) << where;
  }
}

/// Maps of one exemplar of l1, by two networks.
std::vector<MapsOnPage> example_maps() {
  const std::string jpeg = "\xFF\xD8\xFFpixels";
  MethodMaps maps{.method = "l1", .sparsity = 0.9, .kind = "grad-cam", .data = "", .networks = {}, .exemplars = {}};
  maps.networks = {{.role = MappedRole::kDense,
                    .seed = 0,
                    .sparsity = 0,
                    .sha256 = "secret",
                    .layer = "layer4",
                    .rows = 4,
                    .columns = 4},
                   {.role = MappedRole::kPruned,
                    .seed = 0,
                    .sparsity = 0.9,
                    .sha256 = "",
                    .layer = "layer4",
                    .rows = 4,
                    .columns = 4}};
  maps.exemplars = {{"a.png", "Edema", {{0.5, false, {}, jpeg}, {0.25, true, {}, ""}}}};
  return {{.method = "l1", .stale = {}, .maps = maps}, {.method = "random", .stale = StaleMaps::kNetworks, .maps = {}}};
}

TEST(Page, carries_the_figures_of_audit_json) {
  const AuditResult result = example_result();
  const Json data = data_of(report_html(result, example_input()));
  const Json whole = Json::parse(audit_json(result));
  expect_within(data["audit"], whole, "audit");
  for (const char* part : {"cohort", "seeds", "options", "notes"}) {
    EXPECT_EQ(data["audit"][part], whole[part]);
  }
  const Json& curve = data["audit"]["methods"]["l1"]["classes"][0];
  EXPECT_EQ(curve["delta_ap"], whole["methods"]["l1"]["classes"][0]["delta_ap"]);
  EXPECT_EQ(curve["sensitivity"], whole["methods"]["l1"]["classes"][0]["sensitivity"]);
  EXPECT_FALSE(curve.contains("brier"));
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

TEST(Page, a_jpeg_is_a_picture_too) {
  ReportInput input = example_input();
  input.pictures = {{"a.png", "\xFF\xD8\xFFpixels"}};
  const Json data = data_of(report_html(example_result(), input));
  EXPECT_THAT(data["pictures"]["a.png"].get<std::string>(), testing::StartsWith("data:image/jpeg;base64,"));
}

TEST(Page, sites_and_findings_are_of_exemplars_only) {
  ReportInput input = example_input();
  input.sites = {{"a.png", "north"}, {"stranger.png", "south"}};
  input.findings["stranger.png"] = {"Edema"};
  const Json data = data_of(report_html(example_result(), input));
  EXPECT_EQ(data["sites"], Json({{"a.png", "north"}}));
  EXPECT_FALSE(data["findings"].contains("stranger.png"));
}

TEST(Page, companion_effects_beyond_the_first_ranks_are_counted) {
  AuditResult result = example_result();
  CompanionResult& companions = result.methods[0].companions;
  companions.pairs.resize(130);
  for (std::size_t i = 0; i < companions.pairs.size(); ++i) {
    companions.pairs[i].companions = {1};
    companions.pairs[i].rank = i + 1;
  }
  companions.triples = {companions.pairs[0]};
  const Json shown = data_of(report_html(result, example_input()))["audit"]["methods"]["l1"]["companions"];
  EXPECT_EQ(shown["pairs"].size(), 100U);
  EXPECT_EQ(shown["pairs"].back()["rank"], 100);
  EXPECT_EQ(shown["pairs_not_shown"], 30);
  EXPECT_FALSE(shown.contains("triples_not_shown"));
}

TEST(Page, hidden_ids_are_nowhere_in_it) {
  ReportInput input = example_input();
  input.sites = {{"a.png", "north"}};
  input.maps = example_maps();
  AuditResult result = example_result();
  for (const ImageIds ids : {ImageIds::kHashed, ImageIds::kLeftOut}) {
    input.image_ids = ids;
    input.id_key = "secret";
    const std::string page = report_html(result, input);
    EXPECT_THAT(between(page, kDataStart, "</script>"), Not(HasSubstr("a.png")));
    const Json data = data_of(page);
    EXPECT_EQ(data["image_ids"], ids == ImageIds::kHashed ? "hashed" : "left out");
    for (const auto& [name, method] : data["audit"]["methods"].items()) {
      EXPECT_TRUE(method["exemplars"]["rows"].empty());
      for (const Json& image : method["exemplars"]["images"]) {
        EXPECT_FALSE(image.contains("row"));
      }
    }
    // The same image has one name in both methods, and its picture, labels and site go with it.
    const std::string name = data["sites"].begin().key();
    EXPECT_TRUE(data["pictures"].contains(name));
    EXPECT_EQ(data["maps"][0]["images"][name]["class"], "Edema");
    EXPECT_EQ(data["findings"][name], Json({"Edema"}));
    const auto named = [&](const char* method) {
      std::vector<std::string> found;
      for (const Json& image : data["audit"]["methods"][method]["exemplars"]["images"]) {
        found.push_back(image["id"]);
      }
      return found;
    };
    EXPECT_EQ(named("l1"), named("random"));
    EXPECT_THAT(named("l1"), testing::Contains(name));
  }
}

TEST(Page, attention_maps_stand_with_their_exemplars) {
  ReportInput input = example_input();
  EXPECT_EQ(data_of(report_html(example_result(), input))["maps"], Json::array());
  input.maps = example_maps();
  const Json maps = data_of(report_html(example_result(), input))["maps"];
  ASSERT_EQ(maps.size(), 2U);
  EXPECT_TRUE(maps[0]["stale"].is_null());
  EXPECT_EQ(maps[0]["networks"][1]["role"], "pruned");
  const Json& image = maps[0]["images"]["a.png"];
  EXPECT_EQ(image["class"], "Edema");
  EXPECT_THAT(image["maps"][0]["picture"].get<std::string>(), testing::StartsWith("data:image/jpeg;base64,"));
  EXPECT_EQ(image["maps"][0]["probability"], 0.5);
  EXPECT_TRUE(image["maps"][1]["flat"].get<bool>());
  EXPECT_TRUE(image["maps"][1]["picture"].is_null());
  EXPECT_EQ(maps[1]["stale"], "networks");
  EXPECT_EQ(maps[1]["images"], Json::object());
}

TEST(Page, another_key_gives_other_hashes) {
  ReportInput input = example_input();
  input.image_ids = ImageIds::kHashed;
  const auto first = [&](const std::string& key) {
    input.id_key = key;
    return data_of(report_html(example_result(), input))["audit"]["methods"]["l1"]["exemplars"]["images"][0]["id"];
  };
  EXPECT_EQ(first("one"), first("one"));
  EXPECT_NE(first("one"), first("two"));
  EXPECT_EQ(first("one").get<std::string>().size(), 12U);
  EXPECT_THROW(first(""), BrokenInvariant);
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
