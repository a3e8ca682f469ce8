#include "niwaki/scores/score_check.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace niwaki {
namespace {

TEST(ScoreCheck, finds_a_wrong_score_wherever_it_stands) {
  using Limits = std::numeric_limits<float>;
  const std::vector<float> values = {0.0F,    -0.0F,  1.0F,     0.5F,      Limits::denorm_min(), -Limits::denorm_min(),
                                     1.0001F, -0.25F, INFINITY, -INFINITY, Limits::quiet_NaN(),  -Limits::quiet_NaN(),
                                     3e38F};
  for (const InstructionSet set : {InstructionSet::kBaseline, InstructionSet::kAvx2, InstructionSet::kAvx512}) {
    if (set > instruction_set()) {
      continue;
    }
    for (const float value : values) {
      for (const std::size_t place : {0, 15, 16, 69, 70}) {
        std::vector<float> table(71, 0.25F);
        table[place] = value;
        EXPECT_EQ(all_finite(table, set), std::isfinite(value)) << value << " at " << place;
        EXPECT_EQ(all_probabilities(table, set), value >= 0.0F && value <= 1.0F) << value << " at " << place;
      }
    }
    EXPECT_TRUE(all_probabilities({}, set));
  }
}

}  // namespace
}  // namespace niwaki
