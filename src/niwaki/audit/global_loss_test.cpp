#include "niwaki/audit/global_loss.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/random.hpp"
#include "niwaki/metrics/mann_whitney.hpp"
#include "niwaki/metrics/multiple_testing.hpp"
#include "niwaki/metrics/quantile.hpp"
#include "niwaki/metrics/student.hpp"

namespace niwaki {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// AP by sparsity, then by seed; the dense network's first. Two classes: `ap` and 0.1 more, so the macro figure is 0.05
// more; a third class cannot be measured and must not count.
struct Measured {
  std::vector<std::vector<double>> ap;
  AuditOptions options = {};
  std::vector<Note> notes = {};

  GlobalResult loss() {
    std::vector<GridEntry> entries;
    MeasuredGrid measured;
    for (std::size_t step = 0; step < ap.size(); ++step) {
      for (std::size_t seed = 0; seed < ap[step].size(); ++seed) {
        entries.push_back({"l1", seed, static_cast<double>(step) / 10.0, "table"});
        measured.units.emplace_back().classes = {{.ap = ap[step][seed]}, {.ap = ap[step][seed] + 0.1}, {.ap = -9.0}};
      }
    }
    const ScoreGrid grid = make_grid("", entries, "test");
    const ClassLabels both = {.positives = 1, .negatives = 1};
    return global_loss(MethodFigures(grid, measured, "l1"), {both, both, {.negatives = 2}}, options, "l1", notes);
  }
};

std::vector<double> macro(std::vector<double> values) {
  for (double& value : values) {
    value = (value + (value + 0.1)) / 2.0;
  }
  return values;
}

TEST(GlobalLoss, is_tested_over_seeds_as_the_plain_tests_say) {
  for (std::uint64_t story = 0; story < 5; ++story) {
    RandomStream random(story, "global_loss_test");
    Measured measured;
    for (std::size_t step = 0; step < 5; ++step) {
      std::vector<double>& seeds = measured.ap.emplace_back();
      for (std::size_t seed = 0; seed < 6; ++seed) {
        seeds.push_back(0.5 - 0.02 * static_cast<double>(step * story) + 0.02 * random.normal());
      }
    }
    const GlobalResult result = measured.loss();
    const std::vector<double> dense = macro(measured.ap[0]);
    std::vector<double> welch;
    std::vector<double> ranks;
    ASSERT_EQ(result.points.size(), 5U);
    for (std::size_t step = 0; step < 5; ++step) {
      const std::vector<double> here = macro(measured.ap[step]);
      const SeedPoint& point = result.points[step];
      const auto spread = mean_interval(here);
      EXPECT_DOUBLE_EQ(point.sparsity, static_cast<double>(step) / 10.0);
      EXPECT_DOUBLE_EQ(point.mean.value(), spread->mean);
      EXPECT_DOUBLE_EQ(point.deviation.value(), spread->standard_deviation);
      EXPECT_DOUBLE_EQ(point.interval.value().low, spread->low);
      EXPECT_DOUBLE_EQ(point.interval->high, spread->high);
      EXPECT_EQ(point.below, spread->mean < mean_interval(dense)->mean);
      EXPECT_EQ(point.welch_p.has_value(), step > 0);
      if (step > 0) {
        welch.push_back(welch_test(here, dense)->p);
        ranks.push_back(mann_whitney(here, dense)->p);
        EXPECT_DOUBLE_EQ(point.welch_p.value(), welch.back());
        EXPECT_DOUBLE_EQ(point.mann_whitney_p.value(), ranks.back());
      }
    }
    std::optional<double> first_welch;
    std::optional<double> first_ranks;
    for (std::size_t step = 4; step > 0; --step) {
      const SeedPoint& point = result.points[step];
      EXPECT_DOUBLE_EQ(point.welch_holm.value(), holm(welch)[step - 1]);
      EXPECT_DOUBLE_EQ(point.mann_whitney_holm.value(), holm(ranks)[step - 1]);
      first_welch = point.below && *point.welch_holm < 0.05 ? point.sparsity : first_welch;
      first_ranks = point.below && *point.mann_whitney_holm < 0.05 ? point.sparsity : first_ranks;
    }
    EXPECT_EQ(result.first_below_welch, first_welch) << story;
    EXPECT_EQ(result.first_below_mann_whitney, first_ranks) << story;
    EXPECT_EQ(first_welch.has_value(), story >= 1) << "the stories should differ";
  }
}

TEST(GlobalLoss, a_gain_is_no_loss_however_significant) {
  Measured measured{{{0.50, 0.51, 0.52, 0.53, 0.54},
                     {0.60, 0.61, 0.62, 0.63, 0.64},    // surely above
                     {0.30, 0.31, 0.32, 0.33, 0.34}}};  // surely below
  const GlobalResult result = measured.loss();
  EXPECT_LT(*result.points[1].welch_holm, 0.05);
  EXPECT_LT(*result.points[1].mann_whitney_holm, 0.05);
  EXPECT_FALSE(result.points[1].below);
  EXPECT_EQ(result.first_below_welch, 0.2);
  EXPECT_EQ(result.first_below_mann_whitney, 0.2);
}

TEST(GlobalLoss, what_only_looks_significant_before_the_adjustment_is_not) {
  // p of the first is 0.03 or so; five sparsities are tested.
  const std::vector<double> dense = {0.50, 0.52, 0.54, 0.56};
  const std::vector<double> a_little_below = {0.46, 0.48, 0.50, 0.52};
  Measured measured{{dense, a_little_below, dense, dense, dense, dense}};
  const GlobalResult result = measured.loss();
  EXPECT_LT(*result.points[1].welch_p, 0.08);
  EXPECT_GT(*result.points[1].welch_holm, 0.2);
  EXPECT_FALSE(result.first_below_welch);
}

TEST(GlobalLoss, within_tolerance_ends_at_the_first_sparsity_beyond_it) {
  const auto within = [](std::vector<double> losses, double tolerance) {
    Measured measured;
    measured.options.tolerance = tolerance;
    measured.ap = {{0.45, 0.95, 0.55}};
    for (const double loss : losses) {
      // The median seed, which is the last, loses this share of its macro AP.
      measured.ap.push_back({0.45, 0.10, 0.60 * (1.0 - loss) - 0.05});
    }
    return measured.loss().within_tolerance;
  };
  EXPECT_EQ(within({0.01, 0.04, 0.06, 0.02}, 0.05), 0.2);  // within again at the last, which is too late
  EXPECT_EQ(within({0.01, 0.04, 0.06, 0.02}, 0.07), 0.4);
  EXPECT_EQ(within({0.06, 0.01}, 0.05), std::nullopt);
  EXPECT_EQ(within({0.03, 0.04}, 0.05), 0.2);
}

TEST(GlobalLoss, relative_change_is_the_median_over_seeds_of_the_change_of_each) {
  Measured measured{{{0.45, 0.55, 0.65}, {0.40, 0.20, 0.60}}};
  const GlobalResult result = measured.loss();
  ASSERT_EQ(result.delta_ap.size(), 1U);
  EXPECT_NEAR(*result.delta_ap[0], -0.05 / 0.50, 1e-10);  // the others lose 0.35 / 0.60 and 0.05 / 0.70
}

TEST(GlobalLoss, one_seed_says_nothing_of_other_trainings) {
  Measured measured{{{0.5}, {0.4}}};
  const GlobalResult result = measured.loss();
  EXPECT_DOUBLE_EQ(result.points[1].mean.value(), 0.45);
  EXPECT_FALSE(result.points[1].deviation);
  EXPECT_FALSE(result.points[1].interval);
  EXPECT_FALSE(result.points[1].welch_p);
  EXPECT_FALSE(result.points[1].mann_whitney_p);
  EXPECT_TRUE(result.points[1].below);
  EXPECT_FALSE(result.first_below_welch);
  EXPECT_NEAR(result.delta_ap.at(0).value(), -0.1 / 0.55, 1e-10);
  ASSERT_EQ(measured.notes.size(), 1U);
  EXPECT_EQ(measured.notes[0].where, "methods.l1.global");
}

TEST(GlobalLoss, identical_seeds_have_no_variance_to_test_with_and_say_so) {
  Measured measured{{{0.5, 0.5, 0.5, 0.5, 0.5}, {0.4, 0.4, 0.4, 0.4, 0.4}, {0.5, 0.5, 0.5, 0.5, 0.5}}};
  const GlobalResult result = measured.loss();
  EXPECT_DOUBLE_EQ(result.points[1].deviation.value(), 0.0);
  EXPECT_FALSE(result.points[1].welch_p);
  EXPECT_FALSE(result.points[1].welch_holm);
  EXPECT_FALSE(result.first_below_welch);
  EXPECT_NEAR(result.points[1].mann_whitney_p.value(), 2.0 / 252.0, 1e-15);  // ranks still tell
  EXPECT_DOUBLE_EQ(result.points[2].mann_whitney_p.value(), 1.0);
  EXPECT_FALSE(result.points[2].below);
  EXPECT_EQ(result.first_below_mann_whitney, 0.1);
  ASSERT_EQ(measured.notes.size(), 1U);
  EXPECT_EQ(measured.notes[0].where, "methods.l1.global.welch");
}

TEST(GlobalLoss, too_few_seeds_for_a_significant_rank_test_are_noted) {
  const auto notes = [](std::size_t seeds, std::size_t sparsities) {
    Measured measured;
    for (std::size_t step = 0; step <= sparsities; ++step) {
      std::vector<double>& here = measured.ap.emplace_back();
      for (std::size_t seed = 0; seed < seeds; ++seed) {
        here.push_back(0.5 + 0.001 * static_cast<double>(seed) - 0.04 * static_cast<double>(step));
      }
    }
    const GlobalResult result = measured.loss();
    // As far apart as can be, so the note is true where it stands and needed where it does not.
    EXPECT_EQ(result.first_below_mann_whitney.has_value(), measured.notes.empty());
    return measured.notes;
  };
  // 2 / 70 of 4 seeds, 2 / 252 of 5.
  EXPECT_THAT(notes(4, 1), IsEmpty());
  EXPECT_THAT(notes(4, 2), testing::SizeIs(1));
  EXPECT_THAT(notes(5, 6), IsEmpty());
  EXPECT_THAT(notes(5, 7), testing::SizeIs(1));
  EXPECT_EQ(notes(3, 1).at(0).where, "methods.l1.global.mann_whitney");
  EXPECT_THAT(notes(3, 1).at(0).reason, HasSubstr("adjusted p-value is 0.1"));
  EXPECT_THAT(notes(2, 9).at(0).reason, HasSubstr("adjusted p-value is 1"));
}

TEST(GlobalLoss, of_no_measurable_class_is_empty) {
  const ScoreGrid grid = make_grid("", {{"l1", 0, 0.0, "a"}, {"l1", 0, 0.5, "b"}}, "test");
  MeasuredGrid measured;
  measured.units.resize(2);
  std::vector<Note> notes;
  for (MeasuredUnit& unit : measured.units) {
    unit.classes.resize(1);
  }
  const GlobalResult result = global_loss(MethodFigures(grid, measured, "l1"), {ClassLabels{}}, {}, "l1", notes);
  EXPECT_THAT(result.points, IsEmpty());
  EXPECT_THAT(result.delta_ap, IsEmpty());
  EXPECT_FALSE(result.within_tolerance);
}

TEST(GlobalLoss, of_the_dense_network_alone_has_a_mean_and_no_test) {
  Measured measured{{{0.5, 0.6}}};
  const GlobalResult result = measured.loss();
  ASSERT_EQ(result.points.size(), 1U);
  EXPECT_DOUBLE_EQ(result.points[0].mean.value(), 0.6);
  EXPECT_FALSE(result.points[0].welch_p);
  EXPECT_FALSE(result.within_tolerance);
  EXPECT_THAT(measured.notes, IsEmpty());
}

}  // namespace
}  // namespace niwaki
