#include "niwaki/audit/seed_average.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

TEST(SeedAverage, is_the_same_to_the_bit_in_whatever_order_tables_come) {
  constexpr std::size_t kSeeds = 5;
  RandomStream random(11, "seed_average_test", {});
  std::vector<std::vector<float>> tables(kSeeds, std::vector<float>(20));
  for (std::vector<float>& table : tables) {
    for (float& value : table) {
      value = static_cast<float>(random.uniform());
    }
  }
  std::vector<double> expected(20);
  for (const std::vector<float>& table : tables) {
    for (std::size_t i = 0; i < table.size(); ++i) {
      expected[i] += static_cast<double>(table[i]) / 5.0;
    }
  }
  std::vector<std::size_t> order = {0, 1, 2, 3, 4};
  do {
    SeedAverage average(kSeeds);
    for (std::size_t i = 0; i < kSeeds; ++i) {
      ASSERT_EQ(average.add(order[i], tables[order[i]]), i + 1 == kSeeds);
    }
    ASSERT_EQ(average.values(), expected);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(SeedAverage, cannot_be_asked_before_all_have_come_nor_be_given_one_twice) {
  SeedAverage average(2);
  average.add(0, std::vector<float>{0.5F});
  EXPECT_THROW((void)average.values(), BrokenInvariant);
  EXPECT_THROW(average.add(0, std::vector<float>{0.5F}), BrokenInvariant);
  EXPECT_THROW(average.add(2, std::vector<float>{0.5F}), BrokenInvariant);
}

}  // namespace
}  // namespace niwaki
