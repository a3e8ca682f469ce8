#include "niwaki/metrics/sign_flip.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include <gtest/gtest.h>

#include "niwaki/core/random.hpp"
#include "niwaki/metrics/binomial_bound.hpp"

namespace niwaki {
namespace {

/// Every arrangement of signs, one after the other.
double by_enumeration(const std::vector<std::int64_t>& differences) {
  std::int64_t sum = 0;
  for (const std::int64_t difference : differences) {
    sum += difference;
  }
  std::size_t as_far = 0;
  const std::size_t arrangements = std::size_t{1} << differences.size();
  for (std::size_t signs = 0; signs < arrangements; ++signs) {
    std::int64_t flipped = 0;
    for (std::size_t i = 0; i < differences.size(); ++i) {
      flipped += (signs >> i & 1U) != 0 ? differences[i] : -differences[i];
    }
    as_far += std::abs(flipped) >= std::abs(sum) ? 1 : 0;
  }
  return static_cast<double>(as_far) / static_cast<double>(arrangements);
}

TEST(SignFlip, is_what_all_arrangements_say) {
  RandomStream random(1, "sign-flip");
  for (int round = 0; round < 50; ++round) {
    std::vector<std::int64_t> differences(1 + random.below(12));
    for (std::int64_t& difference : differences) {
      difference = static_cast<std::int64_t>(random.below(7)) - 3;
    }
    EXPECT_NEAR(sign_flip_p(differences), by_enumeration(differences), 1e-12);
  }
}

TEST(SignFlip, of_one_image_a_patient_is_mcnemars_exact_test) {
  for (const auto& [gained, lost] : {std::pair<std::size_t, std::size_t>{3, 11}, {0, 6}, {25, 9}, {4, 4}}) {
    std::vector<std::int64_t> differences(gained, 1);
    differences.insert(differences.end(), lost, -1);
    differences.insert(differences.end(), 40, 0);
    const double tail = binomial_lower_tail(std::min(gained, lost), gained + lost, 0.5);
    EXPECT_NEAR(sign_flip_p(differences), std::min(1.0, 2 * tail), 1e-12);
  }
}

TEST(SignFlip, without_a_difference_is_one) {
  EXPECT_EQ(sign_flip_p({}), 1.0);
  EXPECT_EQ(sign_flip_p(std::vector<std::int64_t>(9, 0)), 1.0);
}

}  // namespace
}  // namespace niwaki
