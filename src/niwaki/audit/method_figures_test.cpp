#include "niwaki/audit/method_figures.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/audit/replicate_medians.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/metrics/quantile.hpp"

namespace niwaki {
namespace {

using testing::ElementsAre;

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

// Every figure says where it is from: 100 x place in the list + 10 x class; replicates add the resample.
MeasuredGrid numbered(const ScoreGrid& grid, std::size_t classes, std::size_t resamples) {
  MeasuredGrid measured;
  for (std::size_t place = 0; place < grid.entries.size(); ++place) {
    MeasuredUnit& unit = measured.units.emplace_back();
    for (std::size_t column = 0; column <= classes; ++column) {
      const std::size_t number = 100 * place + 10 * column;
      if (column < classes) {
        unit.classes.push_back({.ap = static_cast<double>(number), .auroc = -static_cast<double>(number)});
      }
      for (std::size_t resample = 0; resample < resamples; ++resample) {
        unit.replicates.ap.push_back(static_cast<float>(number + resample));
      }
    }
  }
  return measured;
}

// Two methods that share the dense tables of seeds 9 and 2, listed in no order.
ScoreGrid shared_grid() {
  return make_grid("",
                   {{"l1", 9, 0.9, "0"},
                    {"dense", 2, 0.0, "1"},
                    {"random", 2, 0.5, "2"},
                    {"l1", 2, 0.5, "3"},
                    {"l1", 9, 0.5, "4"},
                    {"random", 9, 0.5, "5"},
                    {"dense", 9, 0.0, "6"},
                    {"l1", 2, 0.9, "7"}},
                   "test");
}

TEST(MethodFigures, are_found_by_sparsity_and_seed_both_rising) {
  const ScoreGrid grid = shared_grid();
  const MeasuredGrid measured = numbered(grid, 2, 0);
  const MethodFigures l1(grid, measured, "l1");
  EXPECT_THAT(l1.sparsities(), ElementsAre(0.0, 0.5, 0.9));
  EXPECT_EQ(l1.seeds(), 2U);
  EXPECT_THAT(l1.over_seeds(0, 1, &ClassFigures::ap), ElementsAre(110.0, 610.0));
  EXPECT_THAT(l1.over_seeds(1, 0, &ClassFigures::ap), ElementsAre(300.0, 400.0));
  EXPECT_THAT(l1.over_seeds(2, 1, &ClassFigures::auroc), ElementsAre(-710.0, -10.0));
  EXPECT_EQ(&l1.unit(2, 1), &measured.units[0]);
}

TEST(MethodFigures, of_methods_that_share_the_dense_network_begin_alike) {
  const ScoreGrid grid = shared_grid();
  const MeasuredGrid measured = numbered(grid, 2, 0);
  const MethodFigures random(grid, measured, "random");
  EXPECT_THAT(random.sparsities(), ElementsAre(0.0, 0.5));
  EXPECT_EQ(&random.unit(0, 0), &measured.units[1]);
  EXPECT_EQ(&random.unit(0, 1), &measured.units[6]);
  EXPECT_EQ(&random.unit(1, 0), &measured.units[2]);
}

TEST(ReplicateRow, summarises_each_resample_over_seeds) {
  const ScoreGrid grid = shared_grid();
  const MeasuredGrid measured = numbered(grid, 2, 3);
  const MethodFigures figures(grid, measured, "l1");
  const auto sum = [](const std::vector<double>& values) { return values.at(0) + 1000.0 * values.at(1); };
  const ReplicateRow second(figures, 1, &Replicates::ap, 3);
  EXPECT_THAT(second.values(1, sum), ElementsAre(410310.0, 411311.0, 412312.0));
  const ReplicateRow macro(figures, 2, &Replicates::ap, 3);  // the row after the last class
  EXPECT_THAT(macro.values(2, sum), ElementsAre(20720.0, 21721.0, 22722.0));
}

TEST(ReplicateRow, compares_each_seed_with_its_own_dense_network) {
  const ScoreGrid grid = shared_grid();
  MeasuredGrid measured = numbered(grid, 2, 2);
  measured.units[0].replicates.ap[1] = kNone;  // seed 9, sparsity 0.9, the first class in the second resample
  const MethodFigures figures(grid, measured, "l1");
  const auto sum = [](const std::vector<double>& values) { return values.at(0) + 1000.0 * values.at(1); };
  const auto minus = [](double pruned, double dense) { return pruned - dense; };
  const std::vector<double> changes = ReplicateRow(figures, 0, &Replicates::ap, 2).changes(minus, sum);
  ASSERT_EQ(changes.size(), 4U);
  EXPECT_EQ(changes[0], 200.0 - 200000.0);  // 300 - 100 and 400 - 600
  EXPECT_EQ(changes[1], 200.0 - 200000.0);
  EXPECT_EQ(changes[2], 600.0 - 600000.0);  // 700 - 100 and 0 - 600
  EXPECT_TRUE(std::isnan(changes[3]));
}

TEST(MedianInPlace, is_the_median) {
  RandomStream random(1, "median_in_place");
  for (std::size_t count = 1; count <= 9; ++count) {
    for (int repeat = 0; repeat < 20; ++repeat) {
      std::vector<double> values(count);
      for (double& value : values) {
        value = static_cast<double>(random.below(6)) / 7.0;  // ties are likely
      }
      const double expected = *median(values);
      EXPECT_EQ(median_in_place(values), expected);
    }
  }
}

}  // namespace
}  // namespace niwaki
