#include "niwaki/audit/exemplars.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/audit/cohort_for_tests.hpp"

namespace niwaki {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Example {
  Cohort cohort;
  std::vector<double> dense;
  std::vector<double> pruned;
  std::vector<Note> notes;

  // Ten images, three classes; every pruned row keeps the dense order until a test says otherwise.
  explicit Example(const std::vector<std::string>& labels = std::vector<std::string>(10, "000"))
      : cohort(cohort_for_tests({"Mass", "Edema", "No Finding"}, labels)) {
    for (std::size_t row = 0; row < labels.size(); ++row) {
      dense.insert(dense.end(), {0.1, 0.2, 0.3});
      pruned.insert(pruned.end(), {0.4, 0.5, 0.6});
    }
  }

  void prune(std::size_t row, double a, double b, double c) {
    pruned[3 * row] = a;
    pruned[3 * row + 1] = b;
    pruned[3 * row + 2] = c;
  }

  ExemplarResult find(double fraction) {
    const MatrixView<const double> dense_view(dense.data(), cohort.size(), 3);
    const MatrixView<const double> pruned_view(pruned.data(), cohort.size(), 3);
    return find_exemplars(cohort, labels_by_class(cohort), {dense_view, RowRanks(dense_view)},
                          {pruned_view, RowRanks(pruned_view)}, 0.9, fraction, nullptr, "here", notes);
  }
};

std::vector<std::size_t> rows_of(const ExemplarResult& result) {
  std::vector<std::size_t> rows;
  for (const Exemplar& exemplar : result.exemplars) {
    rows.push_back(exemplar.row);
  }
  return rows;
}

TEST(Exemplars, are_the_rows_of_lowest_correlation_ties_by_row) {
  Example example;
  example.prune(7, 0.9, 0.5, 0.1);  // order reversed: -1
  example.prune(8, 0.5, 0.4, 0.6);  // one swap: 0.5
  example.prune(2, 0.4, 0.6, 0.5);  // one swap: 0.5
  example.prune(4, 0.4, 0.6, 0.5);  // one swap: 0.5
  const ExemplarResult result = example.find(0.3);
  EXPECT_THAT(rows_of(result), ElementsAre(7, 2, 4));
  EXPECT_EQ(result.count, 3U);
  EXPECT_DOUBLE_EQ(*result.threshold, 0.5);
  EXPECT_EQ(result.exemplars[0].id, "image-7");
  EXPECT_EQ(result.exemplars[0].rank, 1U);
  EXPECT_DOUBLE_EQ(result.exemplars[0].correlation, -1.0);
  EXPECT_THAT(result.exemplars[0].dense, ElementsAre(0.1F, 0.2F, 0.3F));
  EXPECT_THAT(result.exemplars[0].pruned, ElementsAre(0.9F, 0.5F, 0.1F));
}

TEST(Exemplars, are_a_whole_number_of_images_rounded_down) {
  Example example;
  EXPECT_EQ(example.find(0.29).count, 2U);
  EXPECT_EQ(example.find(0.3).count, 3U);
}

TEST(Exemplars, tied_scores_share_their_rank) {
  Example example;
  example.prune(3, 0.5, 0.5, 0.6);
  // Ranks 1, 2, 3 against 1.5, 1.5, 3: 1.5 / sqrt(2 x 1.5).
  EXPECT_DOUBLE_EQ(example.find(0.1).exemplars[0].correlation, 1.5 / std::sqrt(3.0));
}

TEST(Exemplars, a_constant_row_cannot_be_one_and_is_counted) {
  Example example;
  example.prune(0, 0.5, 0.5, 0.5);
  example.prune(9, 0.5, 0.4, 0.6);
  EXPECT_THAT(rows_of(example.find(0.1)), ElementsAre(9));
  ASSERT_FALSE(example.notes.empty());
  EXPECT_THAT(example.notes[0].reason, HasSubstr("1 images cannot be exemplars"));
}

TEST(Exemplars, ratios_of_classes_and_findings_by_hand) {
  // Exemplars: rows 0 and 1. Mass: 1 of 2 against 2 of 8; Edema (row 1 unknown): 1 of 1 against 2 of 8.
  Example example({"110", "0?0", "110", "100", "010", "001", "001", "000", "000", "000"});
  example.prune(0, 0.9, 0.5, 0.1);
  example.prune(1, 0.9, 0.5, 0.1);
  const ExemplarResult result = example.find(0.2);
  EXPECT_DOUBLE_EQ(*result.class_ratio[0], 2.0);
  EXPECT_DOUBLE_EQ(*result.class_ratio[1], 4.0);
  EXPECT_DOUBLE_EQ(*result.class_ratio[2], 0.0);
  // One exemplar can be counted: two findings, against 1 of 8; "No Finding" is no finding.
  ASSERT_EQ(result.findings_ratio.size(), 5U);
  EXPECT_EQ(result.findings_ratio[0].findings, "0");
  EXPECT_DOUBLE_EQ(*result.findings_ratio[0].ratio, 0.0);
  EXPECT_DOUBLE_EQ(*result.findings_ratio[2].ratio, 8.0);
  EXPECT_EQ(result.findings_ratio[4].findings, "4+");
  EXPECT_FALSE(result.findings_ratio[4].ratio);
  std::vector<std::string> noted;
  for (const Note& note : example.notes) {
    noted.push_back(note.where);
  }
  EXPECT_THAT(noted, ElementsAre("here.findings_ratio", "here.findings_ratio.3", "here.findings_ratio.4+"));
}

TEST(Exemplars, are_counted_by_class_with_their_patients) {
  // Exemplars: rows 0, 1 (one patient) and 4; Edema is on 0 and 1, Mass on 0, 1 and 4, three findings on none.
  Example example({"110", "110", "010", "000", "100", "000", "000", "000", "000", "000"});
  for (const std::size_t row : {0U, 1U, 4U}) {
    example.prune(row, 0.9, 0.5, 0.1);
  }
  const ExemplarResult result = example.find(0.3);
  ASSERT_EQ(result.class_counts.size(), 3U);
  EXPECT_EQ(result.class_counts[0].exemplars, 3U);
  EXPECT_EQ(result.class_counts[0].patients, 2U);
  EXPECT_EQ(result.class_counts[1].exemplars, 2U);
  EXPECT_EQ(result.class_counts[1].patients, 1U);
  EXPECT_FALSE(result.class_ratio[0]);  // on no other image
  EXPECT_EQ(result.findings_ratio[2].count.exemplars, 2U);
  EXPECT_EQ(result.findings_ratio[2].count.patients, 1U);
  EXPECT_EQ(result.findings_ratio[3].count.exemplars, 0U);
}

TEST(Exemplars, of_a_network_that_orders_all_images_alike_are_noted) {
  Example alike;
  EXPECT_DOUBLE_EQ(*alike.find(0.2).constant_order, 1.0);
  ASSERT_FALSE(alike.notes.empty());
  EXPECT_EQ(alike.notes.back().where, "here.constant_order");
  Example different;
  different.prune(0, 0.9, 0.5, 0.1);
  different.prune(1, 0.5, 0.5, 0.5);  // no order at all: left out
  // Of nine rows eight have the mean order, one the reverse.
  EXPECT_NEAR(*different.find(0.2).constant_order, 7.0 / 9.0, 1e-12);
  for (const Note& note : different.notes) {
    EXPECT_NE(note.where, "here.constant_order");
  }
}

TEST(Exemplars, of_too_few_images_are_none_with_a_note) {
  Example example;
  const ExemplarResult result = example.find(0.05);
  EXPECT_EQ(result.count, 0U);
  EXPECT_FALSE(result.threshold);
  EXPECT_EQ(result.class_ratio.size(), 3U);
  EXPECT_EQ(result.findings_ratio.size(), 5U);
  ASSERT_EQ(example.notes.size(), 1U);
  EXPECT_EQ(example.notes[0].where, "here");
}

TEST(Exemplars, do_not_need_more_rows_than_one_block_or_fewer) {
  Example example(std::vector<std::string>(1300, "000"));
  example.prune(1299, 0.9, 0.5, 0.1);
  example.prune(600, 0.5, 0.4, 0.6);
  EXPECT_THAT(rows_of(example.find(2.0 / 1300.0 + 1e-9)), ElementsAre(1299, 600));
}

}  // namespace
}  // namespace niwaki
