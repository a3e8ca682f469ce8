#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "niwaki/core/error.hpp"
#include "niwaki/report/audit_document.hpp"
#include "niwaki/report/example_result.hpp"
#include "niwaki/report/report.hpp"

namespace niwaki {
namespace {

using testing::ElementsAre;
using testing::IsSupersetOf;
using Json = nlohmann::ordered_json;

std::vector<std::string> keys(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [key, value] : object.items()) {
    names.push_back(key);
  }
  return names;
}

Json parsed(const AuditResult& result) {
  return Json::parse(audit_json(result));
}

TEST(AuditJson, has_the_keys_that_scripts_read) {
  const Json document = parsed(example_result());
  EXPECT_THAT(keys(document), IsSupersetOf({"cohort", "methods", "notes"}));
  EXPECT_THAT(keys(document["cohort"]), ElementsAre("images", "patients", "classes"));
  EXPECT_THAT(keys(document["cohort"]["classes"][0]),
              ElementsAre("name", "positives", "train_positives", "unknown", "positive_patients"));
  const Json& method = document["methods"]["l1"];
  EXPECT_THAT(keys(method),
              ElementsAre("sparsities", "macro", "classes", "frequency", "pairs", "cooccurrence", "exemplars"));
  EXPECT_THAT(keys(method["macro"][0]), ElementsAre("sparsity", "auroc", "ap", "f1"));
  EXPECT_THAT(keys(method["classes"][0]), IsSupersetOf({"name", "first_drop", "delta_ap", "ap_dense", "auroc_dense"}));
  EXPECT_THAT(keys(method["frequency"]), ElementsAre("first_drop", "delta_ap_at_max", "delta_auroc_at_max"));
  EXPECT_THAT(keys(method["frequency"]["first_drop"]),
              IsSupersetOf({"pearson", "pearson_p", "spearman", "spearman_p"}));
  EXPECT_THAT(keys(method["pairs"][0]), ElementsAre("a", "b", "together", "fcd", "iou", "log_frequency_gap",
                                                    "published_iou", "published_log_frequency_gap"));
  EXPECT_THAT(keys(method["cooccurrence"]),
              ElementsAre("fcd_vs_log_frequency_gap", "fcd_vs_iou_fourth_root", "published_fcd_vs_log_frequency_gap",
                          "published_fcd_vs_iou_fourth_root"));
  EXPECT_THAT(keys(method["exemplars"]),
              IsSupersetOf({"sparsity", "count", "threshold", "rows", "class_ratio", "findings_ratio"}));
}

TEST(AuditJson, has_what_says_how_much_evidence_a_figure_rests_on) {
  const Json document = parsed(example_result());
  EXPECT_EQ(document["cohort"]["classes"][0]["positive_patients"], 33);
  const Json& method = document["methods"]["l1"];
  EXPECT_EQ(method["classes"][1]["delta_auroc_at_max"].get<double>(), -0.3);
  EXPECT_TRUE(method["classes"][2]["delta_auroc_at_max"].is_null());
  EXPECT_EQ(method["frequency"]["delta_auroc_at_max"]["spearman"].get<double>(), 0.4);
  EXPECT_EQ(method["exemplars"]["class_counts"]["Edema"], Json({{"exemplars", 2}, {"patients", 1}}));
  EXPECT_EQ(method["exemplars"]["findings_ratio"][1]["exemplars"], 2);
  EXPECT_EQ(method["exemplars"]["findings_ratio"][1]["patients"], 1);
  EXPECT_EQ(method["exemplars"]["constant_order"].get<double>(), 0.7);
}

TEST(AuditJson, keeps_every_number_to_the_last_bit) {
  const AuditResult result = example_result();
  const Json method = parsed(result)["methods"]["random"];
  EXPECT_EQ(method["macro"][0]["f1"].get<double>(), 1.0 / 3.0);
  EXPECT_EQ(method["pairs"][0]["iou"].get<double>(), 7.0 / 58.0);
  EXPECT_EQ(method["frequency"]["delta_ap_at_max"]["pearson"].get<double>(), 0.1234567890123);
  EXPECT_EQ(method["exemplars"]["images"][0]["dense"][1].get<float>(), 0.7F);
  EXPECT_EQ(method["classes"][1]["first_drop"].get<double>(), 0.9);
}

TEST(AuditJson, numbers_are_as_short_as_can_be) {
  const std::string text = audit_json(example_result());
  EXPECT_NE(text.find("0.7,"), std::string::npos);
  EXPECT_EQ(text.find("0.69999"), std::string::npos);
  EXPECT_EQ(text.find("0.0000000"), std::string::npos);
  EXPECT_EQ(shortest_decimal(0.1F), 0.1);
  EXPECT_EQ(shortest_decimal(0.0F), 0.0);
  EXPECT_EQ(static_cast<float>(shortest_decimal(std::numeric_limits<float>::denorm_min())),
            std::numeric_limits<float>::denorm_min());
}

TEST(AuditJson, a_missing_figure_is_null_and_its_reason_is_told) {
  const Json document = parsed(example_result());
  const Json& method = document["methods"]["l1"];
  EXPECT_TRUE(method["classes"][2]["ap_dense"].is_null());
  EXPECT_TRUE(method["classes"][2]["delta_ap"][1].is_null());
  EXPECT_TRUE(method["classes"][0]["first_drop"].is_null());
  EXPECT_TRUE(method["macro"][2]["auroc"].is_null());
  EXPECT_TRUE(method["pairs"][1]["fcd"].is_null());
  EXPECT_TRUE(method["frequency"]["first_drop"]["spearman"].is_null());
  EXPECT_TRUE(method["exemplars"]["class_ratio"]["Hernia"].is_null());
  EXPECT_TRUE(document["cohort"]["classes"][2]["train_positives"].is_null());
  EXPECT_EQ(document["notes"][0]["where"], "classes.Hernia.ap");
  EXPECT_EQ(document["notes"][0]["reason"], "no positive image");
}

TEST(AuditJson, exemplar_rows_rise_while_images_stand_by_rank) {
  const Json exemplars = parsed(example_result())["methods"]["l1"]["exemplars"];
  EXPECT_EQ(exemplars["rows"], Json({4, 17}));
  EXPECT_EQ(exemplars["images"][0]["id"], "b.png");
  EXPECT_EQ(exemplars["images"][1]["rank"], 2);
}

TEST(AuditJson, the_same_result_gives_the_same_bytes) {
  EXPECT_EQ(audit_json(example_result()), audit_json(example_result()));
  EXPECT_EQ(audit_json(example_result()).back(), '\n');
}

TEST(AuditJson, names_come_back_whatever_they_contain) {
  const std::vector<std::string> names = {"</script><b>\"x\"", "\u202Eright to left \u05D0", "\U0001F9E0\n\\"};
  const Json document = parsed(example_result(names));
  for (std::size_t index = 0; index < names.size(); ++index) {
    EXPECT_EQ(document["cohort"]["classes"][index]["name"], names[index]);
  }
}

TEST(AuditJson, bytes_that_are_no_text_do_not_stop_it) {
  const Json document = parsed(example_result({"Ed\xE8me", "Pneumothorax", "Hernia"}));
  EXPECT_EQ(document["cohort"]["classes"][0]["name"], "Ed\uFFFDme");
}

TEST(AuditJson, one_sparsity_and_no_class_are_a_result_too) {
  AuditResult result;
  MethodResult method;
  method.method = "l1";
  method.sparsities = {0.0};
  method.macro = {{0.0, std::nullopt, std::nullopt, std::nullopt}};
  result.methods = {method};
  const Json document = parsed(result);
  EXPECT_TRUE(document["methods"]["l1"]["classes"].empty());
  EXPECT_TRUE(document["methods"]["l1"]["exemplars"]["rows"].is_array());
  EXPECT_TRUE(document["notes"].is_array());
}

TEST(AuditJson, a_figure_that_is_not_a_number_is_a_bug) {
  AuditResult result = example_result();
  result.methods[0].macro[0].ap = std::nan("");
  EXPECT_THROW(audit_json(result), BrokenInvariant);
  result = example_result();
  result.methods[0].classes[0].delta_ap.pop_back();
  EXPECT_THROW(audit_json(result), BrokenInvariant);
}

}  // namespace
}  // namespace niwaki
