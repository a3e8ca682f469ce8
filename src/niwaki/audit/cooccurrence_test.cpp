#include "niwaki/audit/cooccurrence.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "niwaki/audit/cohort_for_tests.hpp"

namespace niwaki {
namespace {

MethodResult with_curves(const std::vector<std::string>& names, const std::vector<std::vector<Figure>>& curves) {
  MethodResult result;
  result.method = "l1";
  for (std::size_t i = 0; i < names.size(); ++i) {
    ClassCurve curve;
    curve.name = names[i];
    curve.delta_ap = curves[i];
    result.classes.push_back(curve);
  }
  return result;
}

// A 5 positives, B 3, C 2; A and B together twice, A and C once, B and C once, all three once.
const std::vector<std::string> kLabels = {"111", "110", "100", "100", "100", "010", "001", "000"};

TEST(Cooccurrence, counts_and_distances_by_hand) {
  const std::vector<std::string> names = {"A", "B", "C"};
  MethodResult result = with_curves(names, {{0.0, -0.1}, {-0.3, -0.5}, {0.0, -0.1}});
  std::vector<Note> notes;
  compare_pairs(labels_by_class(cohort_for_tests(names, kLabels)), result, notes);
  ASSERT_EQ(result.pairs.size(), 3U);
  const ClassPair& first = result.pairs[0];
  EXPECT_EQ(first.a + first.b, "AB");
  EXPECT_EQ(first.together, 2U);
  EXPECT_DOUBLE_EQ(*first.fcd, 0.5);
  EXPECT_DOUBLE_EQ(*first.iou, 2.0 / 6.0);
  EXPECT_DOUBLE_EQ(*first.log_frequency_gap, std::log(5.0 / 3.0));
  // Row sums of the co-occurrence matrix: A 5 + 2 + 1, B 3 + 2 + 1, C 2 + 1 + 1.
  EXPECT_DOUBLE_EQ(*first.published_iou, 2.0 / (8.0 + 6.0 - 2.0));
  EXPECT_DOUBLE_EQ(*first.published_log_frequency_gap, std::log(8.0 / 6.0));
  EXPECT_EQ(result.pairs[1].a + result.pairs[1].b, "AC");
  EXPECT_DOUBLE_EQ(*result.pairs[1].fcd, 0.0);
  EXPECT_DOUBLE_EQ(*result.pairs[2].published_iou, 1.0 / (6.0 + 4.0 - 1.0));
  EXPECT_EQ(result.fcd_iou.points, 3U);
  EXPECT_TRUE(result.fcd_iou.pearson);
  EXPECT_TRUE(notes.empty());
}

TEST(Cooccurrence, unknown_labels_leave_their_image_out_of_the_pair) {
  MethodResult result = with_curves({"A", "B"}, {{0.0}, {0.0}});
  std::vector<Note> notes;
  compare_pairs(labels_by_class(cohort_for_tests({"A", "B"}, {"11", "1?", "10", "?1", "00"})), result, notes);
  EXPECT_EQ(result.pairs[0].together, 1U);
  EXPECT_DOUBLE_EQ(*result.pairs[0].iou, 0.5);
}

TEST(Cooccurrence, what_cannot_be_had_is_empty_and_noted) {
  MethodResult result = with_curves({"A", "B"}, {{-0.1}, {std::nullopt}});
  std::vector<Note> notes;
  compare_pairs(labels_by_class(cohort_for_tests({"A", "B"}, {"1?", "?1", "00"})), result, notes);
  EXPECT_FALSE(result.pairs[0].fcd);
  EXPECT_FALSE(result.pairs[0].iou);
  EXPECT_EQ(*result.pairs[0].log_frequency_gap, 0.0);
  ASSERT_EQ(notes.size(), 5U);  // the pair, and four correlations over too few points
  EXPECT_EQ(notes[0].where, "methods.l1.pairs.A.B.iou");
  EXPECT_EQ(notes[1].where, "methods.l1.cooccurrence.fcd_vs_log_frequency_gap");
  EXPECT_FALSE(result.fcd_iou.pearson);
}

TEST(Cooccurrence, equal_ratios_of_counts_are_one_double) {
  // Counts 1, 3 and 2, 6: log(3) - log(1) and log(6) - log(2) differ in the last bit.
  const std::vector<std::string> names = {"A", "B", "C", "D"};
  std::vector<std::string> labels(12, "0000");
  const std::vector<std::size_t> counts = {1, 3, 2, 6};
  std::size_t row = 0;
  for (std::size_t column = 0; column < names.size(); ++column) {
    for (std::size_t image = 0; image < counts[column]; ++image) {
      labels[row++][column] = '1';
    }
  }
  MethodResult result = with_curves(names, {{-0.1}, {-0.2}, {-0.3}, {-0.4}});
  std::vector<Note> notes;
  compare_pairs(labels_by_class(cohort_for_tests(names, labels)), result, notes);
  EXPECT_EQ(*result.pairs[0].log_frequency_gap, *result.pairs[5].log_frequency_gap);
}

TEST(Cooccurrence, a_class_without_positives_has_no_frequency_gap) {
  MethodResult result = with_curves({"A", "B"}, {{-0.1}, {std::nullopt}});
  std::vector<Note> notes;
  compare_pairs(labels_by_class(cohort_for_tests({"A", "B"}, {"10", "00"})), result, notes);
  EXPECT_FALSE(result.pairs[0].log_frequency_gap);
  EXPECT_EQ(*result.pairs[0].iou, 0.0);
}

}  // namespace
}  // namespace niwaki
