#include "niwaki/explain/pointing_game.hpp"

#include <gtest/gtest.h>

namespace niwaki {
namespace {

TEST(PointingGame, a_map_hits_in_its_box_or_within_the_tolerance) {
  const BoxedFinding finding{{{.left = 0.5, .top = 0.5, .right = 1.0, .bottom = 1.0}}, 100, 100};
  const MapGrid grid{{0.25, 0.75}, {0.25, 0.75}};
  EXPECT_TRUE(map_hits(HeatMap{1, 2, 3, 4}, grid, finding, 0));
  EXPECT_FALSE(map_hits(HeatMap{1, 5, 3, 4}, grid, finding, 0));
  EXPECT_TRUE(map_hits(HeatMap{1, 5, 3, 4}, grid, finding, 25));
  EXPECT_FALSE(map_hits(HeatMap{1, 4, 3, 4}, grid, finding, 0));  // undecided between two cells
  EXPECT_FALSE(map_hits(HeatMap(4, 0.0F), grid, finding, 0));
  EXPECT_EQ(chance_of_hit(grid, finding, 0), 0.25);
}

TEST(PointingGame, below_the_minimum_of_patients_nothing_is_said) {
  std::vector<PointingTrial> trials;
  for (std::size_t patient = 0; patient < 5; ++patient) {
    trials.push_back({.hit = true, .patient = patient});
  }
  EXPECT_FALSE(pointing_rate(trials, {.minimum_patients = 6}).rate.share.value);
  const PointingRate enough = pointing_rate(trials, {.minimum_patients = 5});
  EXPECT_EQ(enough.rate.share.value, 1.0);
  EXPECT_NEAR(enough.rate.share.interval->low, 0.4782, 1e-4);  // 0.025^(1/5)
}

}  // namespace
}  // namespace niwaki
