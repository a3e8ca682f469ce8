#include "niwaki/report/strata_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/csv.hpp"
#include "niwaki/report/example_result.hpp"
#include "niwaki/report/report.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;

AuditResult with_strata() {
  AuditResult result = example_result();
  Stratum north;
  north.name = "north";
  north.images = 40;
  north.patients = 30;
  north.classes_compared = 1;
  north.auroc.dense = {0.8, Interval{0.7, 0.9}};
  north.auroc.gap_change = {-0.1, Interval{-0.2, -0.05}};
  north.auroc.p = 0.01;
  north.auroc.holm = 0.02;
  north.auroc.verdict = StratumVerdict::kLosesMore;
  north.auroc.widens = true;
  north.classes.push_back({.finding = 1, .positives = 12, .positive_patients = 9, .negative_patients = 21});
  north.thresholds.pruned_gain = {0.05, Interval{0.01, 0.09}};
  result.methods[0].strata = {0.9, {{"site", 3, {north}}}};
  return result;
}

TEST(StrataReport, stands_in_the_json_where_it_was_asked_for_alone) {
  EXPECT_FALSE(Json::parse(audit_json(example_result()))["methods"]["l1"].contains("strata"));
  const Json strata = Json::parse(audit_json(with_strata()))["methods"]["l1"]["strata"];
  EXPECT_EQ(strata["sparsity"], 0.9);
  const Json& column = strata["columns"][0];
  EXPECT_EQ(column["column"], "site");
  EXPECT_EQ(column["images_without"], 3);
  const Json& north = column["strata"][0];
  EXPECT_EQ(north["patients"], 30);
  EXPECT_EQ(north["auroc"]["dense_high"], 0.9);
  EXPECT_TRUE(north["auroc"]["pruned"].is_null());
  EXPECT_EQ(north["auroc"]["gap"]["change_low"], -0.2);
  EXPECT_EQ(north["auroc"]["gap"]["verdict"], "loses more");
  EXPECT_EQ(north["auroc"]["gap"]["widens"], true);
  EXPECT_EQ(north["ap"]["gap"]["verdict"], "insufficient evidence");
  EXPECT_TRUE(north["ap"]["gap"]["widens"].is_null());
  EXPECT_EQ(north["classes"][0]["positive_patients"], 9);
  EXPECT_EQ(north["thresholds"]["pruned"]["gain"], 0.05);
}

TEST(StrataReport, measures_stand_in_the_json) {
  AuditResult result = example_result();
  MeasureEffects noise{.name = "noise", .loss = {}, .agreement = {}};
  noise.loss = {.images = 12, .spearman = {0.4, Interval{0.2, 0.6}}, .p = 0.01, .holm = 0.02};
  result.methods[0].image_measures = {0.9, {noise}};
  const Json measures = Json::parse(audit_json(result))["methods"]["l1"]["image_measures"];
  EXPECT_EQ(measures["measures"][0]["name"], "noise");
  EXPECT_EQ(measures["measures"][0]["loss"]["spearman_high"], 0.6);
  EXPECT_TRUE(measures["measures"][0]["agreement"]["spearman"].is_null());
}

TEST(StrataReport, the_table_says_the_same) {
  const CsvTable table = parse_csv(strata_table(with_strata()), "strata.csv");
  ASSERT_EQ(table.rows.size(), 4U);  // AUROC and AP of the mean and of one class
  const auto cell = [&](std::size_t row, const char* name) { return table.rows[row].cells[table.column(name)]; };
  EXPECT_EQ(cell(0, "stratum"), "north");
  EXPECT_EQ(cell(0, "class"), "");
  EXPECT_EQ(cell(0, "figure"), "auroc");
  EXPECT_EQ(cell(0, "gap_change_low"), "-0.2");
  EXPECT_EQ(cell(0, "widens"), "1");
  EXPECT_EQ(cell(3, "positives"), "12");
  EXPECT_EQ(cell(3, "dense"), "");
  EXPECT_EQ(parse_csv(strata_table(example_result()), "strata.csv").rows.size(), 0U);
}

}  // namespace
}  // namespace niwaki
