#include "niwaki/explain/explain_summary.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace niwaki {
namespace {

/// Two networks and two classes; `patients` patients with an image each, both classes boxed in it. The second network
/// misses the first class in `lost` of them; its maps of the second class are those of the first network but for one
/// that is constant.
Explanation boxed_explanation(std::size_t patients, std::size_t lost) {
  Explanation explanation;
  explanation.classes = {"Edema", "Hernia", "Mass"};
  explanation.boxed = true;
  explanation.networks = {{.name = "dense", .layer = "", .grid = {}}, {.name = "pruned", .layer = "", .grid = {}}};
  explanation.cohort.classes = explanation.classes;
  for (std::size_t patient = 0; patient < patients; ++patient) {
    explanation.cohort.records.push_back({fmt::format("i{}", patient), fmt::format("p{}", patient), "", ""});
    for (const std::size_t name : {0U, 2U}) {
      ExplainedPair pair{.row = patient, .name = name};
      pair.by_chance = name == 0 ? 0.25 : 0.125;
      pair.centre_hits = name == 0;
      explanation.pairs.push_back(pair);
      explanation.networks[0].figures.push_back({.hit = true});
      MapFigures figures{.hit = name == 2 || patient >= lost};
      if (name == 0 || patient > 0) {
        figures.correlation = name == 0 ? 0.5 : 1.0;
        figures.overlap = 0.25;
      } else {
        figures.flat = true;
      }
      explanation.networks[1].figures.push_back(figures);
    }
  }
  return explanation;
}

TEST(ExplainSummary, is_of_all_together_and_of_each_class_with_maps) {
  const std::vector<ExplainSummary> summaries = summarised(boxed_explanation(30, 8));
  ASSERT_EQ(summaries.size(), 3U);
  EXPECT_EQ(summaries[0].name, "");
  EXPECT_EQ(summaries[0].maps, 60U);
  EXPECT_EQ(summaries[0].patients, 30U);
  EXPECT_EQ(summaries[1].name, "Edema");
  EXPECT_EQ(summaries[2].name, "Mass");
  EXPECT_EQ(summaries[2].maps, 30U);
  EXPECT_EQ(summaries[0].by_chance, 0.1875);
  EXPECT_EQ(summaries[1].centre, 1.0);
  EXPECT_EQ(summaries[2].centre, 0.0);
  EXPECT_FALSE(summaries[0].networks[0].moved);
  EXPECT_FALSE(summaries[0].networks[0].change);
}

TEST(ExplainSummary, maps_that_cannot_be_compared_are_counted) {
  const std::vector<ExplainSummary> summaries = summarised(boxed_explanation(30, 8));
  const MapsMoved& all = *summaries[0].networks[1].moved;
  EXPECT_EQ(all.compared, 59U);
  EXPECT_EQ(all.constant, 1U);
  EXPECT_EQ(all.patients, 30U);
  EXPECT_EQ(summaries[2].networks[1].moved->patients, 29U);
  EXPECT_EQ(summaries[1].networks[1].moved->correlation.value, 0.5);
  EXPECT_EQ(summaries[2].networks[1].moved->correlation.value, 1.0);
  EXPECT_EQ(summaries[0].networks[1].flat, 1U);
}

TEST(ExplainSummary, changes_are_adjusted_over_classes_and_not_for_the_pooled) {
  const std::vector<ExplainSummary> summaries = summarised(boxed_explanation(30, 8));
  const NetworkSummary& edema = summaries[1].networks[1];
  EXPECT_EQ(edema.change->lost, 8U);
  EXPECT_NEAR(*edema.change->difference.value, -8.0 / 30, 1e-12);
  EXPECT_NEAR(*edema.change->p, 2.0 / 256, 1e-12);  // McNemar: eight of one kind
  EXPECT_NEAR(*edema.holm, 2 * 2.0 / 256, 1e-12);
  EXPECT_EQ(summaries[2].networks[1].holm, 1.0);
  EXPECT_FALSE(summaries[0].networks[1].holm);
  EXPECT_NEAR(*summaries[0].networks[1].change->p, 2.0 / 256, 1e-12);
}

TEST(ExplainSummary, of_few_patients_has_counts_and_no_rates) {
  const std::vector<ExplainSummary> summaries = summarised(boxed_explanation(19, 8));
  const NetworkSummary& all = summaries[0].networks[1];
  EXPECT_EQ(all.pointing->hits, 30U);  // of 38
  EXPECT_FALSE(all.pointing->rate.share.value);
  EXPECT_FALSE(all.moved->correlation.value);
  EXPECT_FALSE(all.change->p);
  EXPECT_FALSE(all.holm);
  EXPECT_FALSE(summaries[0].by_chance);
  EXPECT_FALSE(summaries[0].centre);
}

}  // namespace
}  // namespace niwaki
