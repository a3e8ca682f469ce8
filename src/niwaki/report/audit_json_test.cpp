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
  EXPECT_THAT(keys(method), ElementsAre("sparsities", "macro", "global", "classes", "frequency", "pairs",
                                        "cooccurrence", "companions", "exemplars", "operating_points"));
  EXPECT_THAT(
      keys(method["macro"][0]),
      ElementsAre("sparsity", "auroc", "ap", "f1", "auroc_low", "auroc_high", "ap_low", "ap_high", "f1_low", "f1_high",
                  "auroc_mean", "auroc_mean_low", "auroc_mean_high", "ap_mean", "ap_mean_low", "ap_mean_high",
                  "f1_mean", "brier", "log_loss", "calibration_error", "pooled_calibration_error"));
  EXPECT_THAT(keys(method["classes"][0]),
              ElementsAre("name", "first_drop", "delta_ap", "delta_ap_low", "delta_ap_high", "ap_dense", "auroc_dense",
                          "ap", "auroc", "f1", "delta_auroc_at_max", "sensitivity", "specificity", "precision",
                          "sensitivity_at_specificity", "brier", "log_loss", "calibration_error", "evidence"));
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

TEST(AuditJson, has_the_keys_of_what_the_evidence_says) {
  AuditResult result = example_result();
  result.methods[0].global.points.emplace_back();
  result.methods[0].companions.pairs.emplace_back();
  result.methods[0].operating_points.emplace_back();
  const Json document = parsed(result);
  EXPECT_THAT(keys(document["options"]),
              ElementsAre("exemplar_sparsity", "exemplar_fraction", "drop", "threshold", "tolerance",
                          "target_specificity", "minimum_patients", "bootstrap", "seed", "operating_point"));
  const Json& method = document["methods"]["l1"];
  EXPECT_THAT(keys(method["global"]), ElementsAre("over_seeds", "first_below", "within_tolerance", "delta_ap"));
  EXPECT_THAT(
      keys(method["global"]["over_seeds"][0]),
      ElementsAre("sparsity", "ap_mean", "ap_deviation", "ap_mean_low", "ap_mean_high", "paired_p", "paired_holm",
                  "welch_p", "welch_holm", "mann_whitney_p", "mann_whitney_holm", "below_dense"));
  EXPECT_THAT(keys(method["global"]["first_below"]), ElementsAre("paired", "welch", "mann_whitney"));
  EXPECT_THAT(keys(method["global"]["within_tolerance"]), ElementsAre("tolerance", "sparsity", "shown"));
  EXPECT_THAT(keys(method["global"]["delta_ap"]), ElementsAre("values", "intervals", "band"));
  const Json& evidence = method["classes"][0]["evidence"];
  EXPECT_THAT(keys(evidence),
              ElementsAre("verdict", "effective_patients", "loses_from", "forgotten_from", "kept_up_to", "ap", "auroc",
                          "delta_ap", "delta_ap_band", "ap_change", "auroc_change", "loss_p", "loss_holm"));
  EXPECT_THAT(keys(evidence["ap_change"]), ElementsAre("values", "intervals", "band"));
  EXPECT_THAT(keys(method["companions"]),
              ElementsAre("sparsity", "pairs", "pairs_left_out", "triples", "triples_left_out"));
  EXPECT_THAT(keys(method["companions"]["pairs"][0]),
              ElementsAre("rank", "class", "given", "images_with", "images_without", "patients_with",
                          "patients_without", "recall", "ap"));
  EXPECT_THAT(keys(method["companions"]["pairs"][0]["recall"]),
              ElementsAre("dense_with", "dense_without", "pruned_with", "pruned_without", "loss_with", "loss_without",
                          "excess", "excess_low", "excess_high", "p", "holm"));
  EXPECT_THAT(keys(method["operating_points"][0]), ElementsAre("seed", "class", "threshold"));
}

TEST(AuditJson, evidence_and_companions_come_back) {
  AuditResult result = example_result();
  result.validated = true;
  result.options.operating_point = {OperatingPointRule::Kind::kSensitivity, 0.9};
  MethodResult& given = result.methods[0];
  ClassEvidence& evidence = given.classes[1].evidence;
  evidence.verdict = ClassVerdict::kForgotten;
  evidence.forgotten_from = 0.9;
  evidence.ap = {Interval{0.1, 0.3}, std::nullopt, Interval{0.05, 0.07}};
  evidence.auroc_change = {{-0.1, -0.2}, {std::nullopt, std::nullopt}, {Interval{-0.3, 0.1}, Interval{-0.4, 0.0}}};
  given.global.points = {{.sparsity = 0.5, .interval = Interval{0.25, 0.75}, .below = true}};
  CompanionEffect effect;
  effect.finding = 2;
  effect.companions = {0, 1};
  effect.rank = 1;
  effect.recall.excess = 0.125;
  effect.recall.interval = Interval{-0.5, 0.75};
  given.companions.triples = {effect};
  given.companions.triples_left_out = 4;
  given.operating_points = {{7, 1, 0.375}, {7, 2, std::nullopt}};
  const Json document = parsed(result);
  EXPECT_EQ(document["options"]["operating_point"], "sensitivity=0.9");
  const Json& method = document["methods"]["l1"];
  const Json& written = method["classes"][1]["evidence"];
  EXPECT_EQ(written["verdict"], "forgotten");
  EXPECT_EQ(written["forgotten_from"], 0.9);
  EXPECT_EQ(written["ap"], Json::parse("[[0.1, 0.3], null, [0.05, 0.07]]"));
  EXPECT_EQ(written["auroc_change"]["values"], Json::parse("[-0.1, -0.2]"));
  EXPECT_TRUE(written["auroc_change"]["intervals"].is_null());  // none at all
  EXPECT_EQ(written["auroc_change"]["band"], Json::parse("[[-0.3, 0.1], [-0.4, 0.0]]"));
  EXPECT_TRUE(method["classes"][0]["evidence"]["verdict"].is_null());
  EXPECT_EQ(method["global"]["over_seeds"][0]["ap_mean_low"], 0.25);
  EXPECT_EQ(method["global"]["over_seeds"][0]["below_dense"], true);
  const Json& triple = method["companions"]["triples"][0];
  EXPECT_EQ(triple["class"], "Hernia");
  EXPECT_EQ(triple["given"], Json::parse(R"(["Edema", "Pneumothorax"])"));
  EXPECT_EQ(triple["recall"]["excess_high"], 0.75);
  EXPECT_TRUE(triple["ap"]["excess_low"].is_null());
  EXPECT_EQ(method["companions"]["triples_left_out"], 4);
  EXPECT_EQ(method["operating_points"][0], Json::parse(R"({"seed": 7, "class": "Pneumothorax", "threshold": 0.375})"));
  EXPECT_TRUE(method["operating_points"][1]["threshold"].is_null());
}

TEST(AuditJson, without_validation_scores_no_rule_chose_the_operating_points) {
  EXPECT_TRUE(parsed(example_result())["options"]["operating_point"].is_null());
}

TEST(AuditJson, exemplars_have_their_curve_and_flips_where_images_were_measured) {
  AuditResult result = example_result();
  EXPECT_FALSE(parsed(result)["methods"]["l1"]["exemplars"]["images"][0].contains("curve"));
  ImageResult& images = result.methods[0].exemplars.images;
  images.correlations.assign(2, std::vector<double>(20, std::numeric_limits<double>::quiet_NaN()));
  images.correlations[0][17] = 0.5;
  images.fallen.assign(20, 1);
  images.largest_fall.assign(20, 0.25);
  images.flips.resize(20);
  images.flips[17] = {{2, false, 3}};
  const Json exemplar = parsed(result)["methods"]["l1"]["exemplars"]["images"][0];  // row 17
  EXPECT_EQ(exemplar["curve"], Json::parse("[0.5, null]"));
  EXPECT_EQ(exemplar["largest_fall"], Json::parse(R"({"class": "Pneumothorax", "fall": 0.25})"));
  EXPECT_EQ(exemplar["flips"], Json::parse(R"([{"class": "Hernia", "direction": "gained", "seeds": 3}])"));
}

TEST(AuditJson, enrichments_stand_beside_the_ratios) {
  const Json exemplars = parsed(example_result())["methods"]["l1"]["exemplars"];
  EXPECT_EQ(exemplars["class_enrichment"]["Edema"],
            Json::parse(R"({"ratio_low": 1.1, "ratio_high": 1.9, "fisher_p": 0.04})"));
  EXPECT_TRUE(exemplars["class_enrichment"]["Hernia"]["ratio_low"].is_null());
  EXPECT_EQ(exemplars["findings_ratio"][1]["ratio_high"], 2.5);
  EXPECT_TRUE(exemplars["findings_ratio"][1]["fisher_p"].is_null());
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
