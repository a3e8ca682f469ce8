#include "niwaki/budget/layer_grids.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace niwaki {
namespace {

using testing::ElementsAre;

const std::vector<double> kGrid = {0, 0.5, 0.8, 0.9};

TEST(LayerGrids, the_start_lies_on_them) {
  const std::vector<std::vector<double>> seconds(3, {8, 6, 3, 2});
  const LayerGrids grids(kGrid, seconds, std::vector<double>{0.2, 0.81, 0.95});
  EXPECT_THAT(grids.sparsities(grids.start()), ElementsAre(0.2, 0.81, 0.95));
  EXPECT_THAT(grids.start(), ElementsAre(1, 2, 4));
}

TEST(LayerGrids, a_start_stands_in_for_what_is_all_but_the_same) {
  const LayerGrids grids(kGrid, {{8, 6, 3, 2}}, std::vector<double>{0.81});
  ASSERT_EQ(grids.seconds()[0].size(), 4);
  EXPECT_THAT(grids.sparsities(std::vector<std::size_t>{2}), ElementsAre(0.81));
  EXPECT_THAT(grids.sparsities(std::vector<std::size_t>{3}), ElementsAre(0.9));
}

TEST(LayerGrids, no_start_stands_in_for_an_unpruned_layer) {
  const LayerGrids grids(kGrid, {{8, 6, 3, 2}}, std::vector<double>{0.05});
  EXPECT_THAT(grids.sparsities(std::vector<std::size_t>{0}), ElementsAre(0.0));
  EXPECT_THAT(grids.start(), ElementsAre(1));
}

TEST(LayerGrids, seconds_lie_between_their_neighbours) {
  const LayerGrids grids(kGrid, {{8, 6, 3, 2}, {8, 6, 3, 2}}, std::vector<double>{0.25, 0.97});
  EXPECT_THAT(grids.seconds()[0], ElementsAre(8, 7, 6, 3, 2));
  EXPECT_THAT(grids.seconds()[1], ElementsAre(8, 6, 3, 2, 2));
}

TEST(LayerGrids, a_start_on_the_grid_adds_nothing) {
  const LayerGrids grids(kGrid, {{8, 6, 3, 2}}, std::vector<double>{0.5});
  EXPECT_THAT(grids.seconds()[0], ElementsAre(8, 6, 3, 2));
  EXPECT_THAT(grids.start(), ElementsAre(1));
}

}  // namespace
}  // namespace niwaki
