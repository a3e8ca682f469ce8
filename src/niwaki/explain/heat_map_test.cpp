#include "niwaki/explain/heat_map.hpp"

#include <gtest/gtest.h>

namespace niwaki {
namespace {

TEST(HeatMap, a_flat_map_has_no_peak_and_no_correlation) {
  const HeatMap flat(4, 0.0F);
  const HeatMap other = {1, 2, 3, 4};
  EXPECT_TRUE(peak_cells(flat).empty());
  EXPECT_FALSE(map_correlation(flat, other));
  EXPECT_FALSE(top_overlap(flat, other, 0.25));
  EXPECT_EQ(peak_cells(HeatMap{1, 5, 5, 2}), (std::vector<std::size_t>{1, 2}));
}

TEST(HeatMap, overlap_shares_ties_out) {
  EXPECT_EQ(top_overlap(HeatMap{4, 3, 2, 1}, HeatMap{3, 4, 2, 1}, 0.5), 1.0);
  EXPECT_EQ(top_overlap(HeatMap{4, 3, 2, 1}, HeatMap{1, 2, 3, 4}, 0.5), 0.0);
  EXPECT_EQ(top_overlap(HeatMap{4, 1, 1, 1}, HeatMap{4, 4, 1, 1}, 0.25), 0.5);
}

}  // namespace
}  // namespace niwaki
