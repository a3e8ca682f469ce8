#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/report/example_result.hpp"
#include "niwaki/report/report.hpp"

namespace niwaki {
namespace {

class AuditTables : public testing::Test {
 protected:
  AuditTables() { std::filesystem::remove_all(folder_); }
  ~AuditTables() override { std::filesystem::remove_all(folder_); }
  AuditTables(const AuditTables&) = delete;
  AuditTables& operator=(const AuditTables&) = delete;
  AuditTables(AuditTables&&) = delete;
  AuditTables& operator=(AuditTables&&) = delete;

  /// The number in a cell, or nothing where it is empty.
  static Figure number(const CsvTable& table, std::size_t row, const std::string& column) {
    const std::string cell(table.rows.at(row).cells[table.column(column)]);
    return cell.empty() ? std::nullopt : parse_number(cell);
  }

  static std::string text(const CsvTable& table, std::size_t row, const std::string& column) {
    return std::string(table.rows.at(row).cells[table.column(column)]);
  }

  CsvTable written(const std::string& name) const { return read_csv(folder_ / name); }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) /
      ("niwaki_audit_tables_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
  const AuditResult result_ = example_result();
};

TEST_F(AuditTables, global_figures_read_back) {
  write_audit(result_, folder_);
  const CsvTable table = written("global.csv");
  ASSERT_EQ(table.rows.size(), 6U);
  for (std::size_t row = 0; row < 6; ++row) {
    const MethodResult& method = result_.methods[row / 3];
    const MacroPoint& point = method.macro[row % 3];
    EXPECT_EQ(text(table, row, "method"), method.method);
    EXPECT_EQ(number(table, row, "sparsity"), point.sparsity);
    EXPECT_EQ(number(table, row, "auroc"), point.auroc);
    EXPECT_EQ(number(table, row, "ap"), point.ap);
    EXPECT_EQ(number(table, row, "f1"), point.f1);
  }
}

TEST_F(AuditTables, class_figures_read_back) {
  write_audit(result_, folder_);
  const CsvTable table = written("classes.csv");
  ASSERT_EQ(table.rows.size(), 6U);
  EXPECT_EQ(text(table, 1, "class"), "Pneumothorax");
  EXPECT_EQ(number(table, 1, "train_positives"), 90.0);
  EXPECT_EQ(number(table, 1, "unknown"), 3.0);
  EXPECT_EQ(number(table, 1, "first_drop"), 0.9);
  EXPECT_EQ(number(table, 1, "delta_ap_at_max"), -0.7);
  EXPECT_EQ(number(table, 1, "positive_patients"), 19.0);
  EXPECT_EQ(number(table, 1, "delta_auroc_at_max"), -0.3);
  EXPECT_EQ(number(table, 0, "exemplars"), 2.0);
  EXPECT_EQ(number(table, 0, "exemplar_patients"), 1.0);
  EXPECT_EQ(text(table, 0, "first_drop"), "");
  EXPECT_EQ(text(table, 2, "train_positives"), "");
  EXPECT_EQ(text(table, 2, "ap_dense"), "");
}

TEST_F(AuditTables, curves_read_back_with_no_change_at_the_dense_network) {
  write_audit(result_, folder_);
  const CsvTable table = written("curves.csv");
  ASSERT_EQ(table.rows.size(), 18U);
  const ClassCurve& curve = result_.methods[0].classes[1];
  EXPECT_EQ(text(table, 3, "delta_ap"), "");
  for (std::size_t step = 0; step < 3; ++step) {
    EXPECT_EQ(number(table, 3 + step, "ap"), curve.ap[step]);
    EXPECT_EQ(number(table, 3 + step, "auroc"), curve.auroc[step]);
    EXPECT_EQ(number(table, 3 + step, "f1"), curve.f1[step]);
  }
  for (std::size_t step = 1; step < 3; ++step) {
    EXPECT_EQ(number(table, 3 + step, "delta_ap"), curve.delta_ap[step - 1]);
    EXPECT_EQ(number(table, 3 + step, "delta_ap_low"), curve.delta_ap_low[step - 1]);
    EXPECT_EQ(number(table, 3 + step, "delta_ap_high"), curve.delta_ap_high[step - 1]);
  }
}

TEST_F(AuditTables, curves_without_bands_leave_their_cells_empty) {
  AuditResult result = example_result();
  for (ClassCurve& curve : result.methods[0].classes) {
    curve.delta_ap_low.clear();
    curve.f1.clear();
  }
  write_audit(result, folder_);
  const CsvTable table = written("curves.csv");
  EXPECT_EQ(text(table, 1, "delta_ap_low"), "");
  EXPECT_EQ(text(table, 1, "f1"), "");
  EXPECT_EQ(number(table, 1, "delta_ap"), -0.01);
}

TEST_F(AuditTables, pairs_read_back) {
  write_audit(result_, folder_);
  const CsvTable table = written("pairs.csv");
  ASSERT_EQ(table.rows.size(), 4U);
  EXPECT_EQ(number(table, 0, "iou"), 7.0 / 58.0);
  EXPECT_EQ(number(table, 0, "together"), 7.0);
  EXPECT_EQ(number(table, 0, "fcd"), 0.6006662967);
  EXPECT_EQ(text(table, 1, "fcd"), "");
}

TEST_F(AuditTables, exemplars_read_back_with_the_scores_of_every_class) {
  write_audit(result_, folder_);
  const CsvTable table = written("exemplars.csv");
  ASSERT_EQ(table.rows.size(), 4U);
  EXPECT_EQ(text(table, 0, "id"), "b.png");
  EXPECT_EQ(number(table, 0, "correlation"), -0.5);
  EXPECT_EQ(text(table, 0, "dense Pneumothorax"), "0.7");
  EXPECT_EQ(text(table, 0, "pruned Pneumothorax"), "0.3");
}

TEST_F(AuditTables, evidence_reads_back) {
  AuditResult result = example_result();
  MethodResult& method = result.methods[0];
  method.macro[1].ap_interval = Interval{0.25, 0.375};
  method.macro[1].log_loss = 0.5;
  method.global.points = {{.sparsity = 0.0, .mean = 0.125},
                          {.sparsity = 0.5, .interval = Interval{0.1, 0.2}, .welch_holm = 0.04}};
  ClassEvidence& evidence = method.classes[1].evidence;
  evidence.verdict = ClassVerdict::kInsufficientEvidence;
  evidence.effective_patients = 18.5;
  evidence.loss_p = 0.0625;
  evidence.auroc = {std::nullopt, std::nullopt, Interval{0.5, 0.75}};
  evidence.delta_ap = {Interval{-0.1, 0.1}, Interval{-0.9, -0.5}};
  evidence.delta_ap_band = {Interval{-0.2, 0.2}, Interval{-1.0, -0.4}};
  evidence.auroc_change = {{0.0, -0.3}, {Interval{-0.01, 0.01}, Interval{-0.4, -0.2}}, {std::nullopt, std::nullopt}};
  method.classes[0].sensitivity = {0.75, 0.5, 0.25};
  write_audit(result, folder_);
  const CsvTable global = written("global.csv");
  EXPECT_EQ(number(global, 1, "ap_low"), 0.25);
  EXPECT_EQ(number(global, 1, "ap_high"), 0.375);
  EXPECT_EQ(number(global, 1, "log_loss"), 0.5);
  EXPECT_EQ(number(global, 0, "ap_mean"), 0.125);
  EXPECT_EQ(number(global, 1, "ap_mean_low_over_seeds"), 0.1);
  EXPECT_EQ(number(global, 1, "welch_holm"), 0.04);
  EXPECT_EQ(text(global, 2, "ap_mean"), "");  // no such point was given
  const CsvTable classes = written("classes.csv");
  EXPECT_EQ(text(classes, 1, "verdict"), "insufficient evidence");
  EXPECT_EQ(text(classes, 0, "verdict"), "");
  EXPECT_EQ(number(classes, 1, "effective_patients"), 18.5);
  EXPECT_EQ(number(classes, 1, "loss_p"), 0.0625);
  EXPECT_EQ(number(classes, 0, "exemplar_ratio_low"), 1.1);
  EXPECT_EQ(number(classes, 0, "exemplar_fisher_p"), 0.04);
  const CsvTable curves = written("curves.csv");
  EXPECT_EQ(number(curves, 2, "sensitivity"), 0.25);
  EXPECT_EQ(text(curves, 4, "auroc_interval_low"), "");
  EXPECT_EQ(number(curves, 5, "auroc_interval_high"), 0.75);
  EXPECT_EQ(text(curves, 3, "relative_ap_change_low"), "");  // of the dense network
  EXPECT_EQ(number(curves, 5, "relative_ap_change"), -0.7);
  EXPECT_EQ(number(curves, 5, "relative_ap_change_high"), -0.5);
  EXPECT_EQ(number(curves, 4, "relative_ap_change_band_low"), -0.2);
  EXPECT_EQ(number(curves, 5, "auroc_change"), -0.3);
  EXPECT_EQ(number(curves, 5, "auroc_change_low"), -0.4);
  EXPECT_EQ(text(curves, 5, "auroc_change_band_low"), "");
  EXPECT_EQ(text(curves, 5, "ap_change"), "");
}

TEST_F(AuditTables, companions_read_back) {
  AuditResult result = example_result();
  CompanionResult& companions = result.methods[1].companions;
  companions.sparsity = 0.9;
  CompanionEffect pair;
  pair.finding = 1;
  pair.companions = {0};
  pair.rank = 1;
  pair.images_with = 30;
  pair.patients_without = 25;
  pair.recall = {0.75, 0.5, 0.25, 0.125, 0.5, 0.25, 0.25, Interval{-0.1, 0.6}, 0.01, 0.02};
  CompanionEffect triple = pair;
  triple.companions = {0, 2};
  triple.recall = {};
  triple.ap = {0.75, 0.5, 0.25, 0.125, 0.5, 0.25, 0.25, std::nullopt, 0.03, 0.06};
  companions.pairs = {pair};
  companions.triples = {triple};
  write_audit(result, folder_);
  const CsvTable table = written("companions.csv");
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_EQ(text(table, 0, "method"), "random");
  EXPECT_EQ(text(table, 0, "class"), "Pneumothorax");
  EXPECT_EQ(text(table, 0, "given"), "Edema");
  EXPECT_EQ(text(table, 1, "given"), "Edema|Hernia");
  EXPECT_EQ(number(table, 1, "companions"), 2.0);
  EXPECT_EQ(number(table, 0, "images_with"), 30.0);
  EXPECT_EQ(number(table, 0, "patients_without"), 25.0);
  EXPECT_EQ(number(table, 0, "recall_dense_with"), 0.75);
  EXPECT_EQ(number(table, 0, "recall_pruned_without"), 0.125);
  EXPECT_EQ(number(table, 0, "recall_loss_with"), 0.5);
  EXPECT_EQ(number(table, 0, "recall_excess_low"), -0.1);
  EXPECT_EQ(number(table, 0, "recall_holm"), 0.02);
  EXPECT_EQ(text(table, 0, "ap_excess"), "");
  EXPECT_EQ(number(table, 1, "ap_p"), 0.03);
  EXPECT_EQ(text(table, 1, "ap_excess_high"), "");
}

TEST_F(AuditTables, all_files_that_are_named_are_written_and_no_other) {
  write_audit(result_, folder_);
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    names.push_back(entry.path().filename().string());
  }
  EXPECT_THAT(names, testing::UnorderedElementsAreArray(audit_files()));
}

TEST_F(AuditTables, hostile_names_read_back) {
  const std::vector<std::string> names = {"a,\"b\"\nc", "</script>", "\u202E\U0001F9E0"};
  write_audit(example_result(names), folder_);
  const CsvTable table = written("classes.csv");
  for (std::size_t row = 0; row < 3; ++row) {
    EXPECT_EQ(text(table, row, "class"), names[row]);
  }
}

TEST_F(AuditTables, the_same_result_gives_the_same_bytes) {
  write_audit(result_, folder_);
  write_audit(result_, folder_ / "again");
  for (const std::string& name : audit_files()) {
    EXPECT_EQ(read_file(folder_ / name), read_file(folder_ / "again" / name)) << name;
  }
  EXPECT_EQ(read_file(folder_ / "audit.json"), audit_json(result_));
}

TEST_F(AuditTables, a_folder_that_cannot_be_made_is_named) {
  make_folder(folder_);
  write_file(folder_ / "taken", "a file");
  try {
    write_audit(result_, folder_ / "taken" / "audit");
    FAIL() << "a file was taken for a folder";
  } catch (const MachineError& error) {
    EXPECT_THAT(error.where(), testing::HasSubstr("taken"));
  }
}

}  // namespace
}  // namespace niwaki
