#include "niwaki/metrics/multiple_testing.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

using Values = std::vector<double>;

// Holm's procedure as published, at one level: the smallest p against level / m, the next against level / (m - 1), and
// so on until one fails. Says which hypotheses fall.
std::vector<bool> rejected_at(const Values& p_values, double level) {
  std::vector<bool> rejected(p_values.size(), false);
  for (std::size_t left = p_values.size(); left > 0; --left) {
    std::size_t smallest = p_values.size();
    for (std::size_t i = 0; i < p_values.size(); ++i) {
      if (!rejected[i] && (smallest == p_values.size() || p_values[i] < p_values[smallest])) {
        smallest = i;
      }
    }
    if (p_values[smallest] * static_cast<double>(left) > level) {
      break;
    }
    rejected[smallest] = true;
  }
  return rejected;
}

TEST(Holm, values_calculated_by_hand) {
  const Values adjusted = holm(Values{0.01, 0.04, 0.03, 0.005});
  const Values wanted = {0.03, 0.06, 0.06, 0.02};
  ASSERT_EQ(adjusted.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_DOUBLE_EQ(adjusted[i], wanted[i]);
  }
}

TEST(Holm, is_the_least_level_at_which_the_procedure_rejects) {
  RandomStream random(13, "holm", {});
  for (int trial = 0; trial < 200; ++trial) {
    Values p_values(1 + random.below(12));
    for (double& p : p_values) {
      p = static_cast<double>(random.below(20)) / 64.0;  // with ties
    }
    const Values adjusted = holm(p_values);
    for (std::size_t i = 0; i < p_values.size(); ++i) {
      EXPECT_LE(adjusted[i], 1.0);
      if (adjusted[i] < 1.0) {
        EXPECT_TRUE(rejected_at(p_values, adjusted[i])[i]);
      }
      if (adjusted[i] > 0.0) {
        EXPECT_FALSE(rejected_at(p_values, std::nextafter(adjusted[i], 0.0))[i]);
      }
    }
  }
}

TEST(Holm, is_at_most_one_and_equal_p_values_stay_equal) {
  EXPECT_EQ(holm(Values{0.5, 0.5, 0.25}), (Values{1.0, 1.0, 0.75}));
  EXPECT_EQ(holm(Values{0.125, 0.125}), (Values{0.25, 0.25}));
  EXPECT_EQ(holm(Values{0.0, 1.0}), (Values{0.0, 1.0}));
}

TEST(Holm, leaves_one_as_it_is_and_none_as_none) {
  EXPECT_EQ(holm(Values{0.04}), Values{0.04});
  EXPECT_TRUE(holm(Values{}).empty());
}

TEST(Holm, what_is_no_probability_is_a_bug) {
  EXPECT_THROW((void)holm(Values{0.1, 1.5}), BrokenInvariant);
  EXPECT_THROW((void)holm(Values{std::nan("")}), BrokenInvariant);
}

}  // namespace
}  // namespace niwaki
