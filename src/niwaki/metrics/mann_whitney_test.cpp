#include "niwaki/metrics/mann_whitney.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

using Values = std::vector<double>;

double obvious_u(const Values& first, const Values& second) {
  double u = 0.0;
  for (const double one : first) {
    for (const double other : second) {
      u += one > other ? 1.0 : one == other ? 0.5 : 0.0;
    }
  }
  return u;
}

// Deals the values out in every way. `in_first` starts as the lexicographically first arrangement.
double obvious_exact_p(const Values& first, const Values& second) {
  Values values = first;
  values.insert(values.end(), second.begin(), second.end());
  std::vector<int> in_first(values.size(), 0);
  std::fill(in_first.end() - static_cast<std::ptrdiff_t>(first.size()), in_first.end(), 1);
  const double observed = obvious_u(first, second);
  double at_most = 0.0;
  double at_least = 0.0;
  double all = 0.0;
  do {
    Values dealt[2];
    for (std::size_t i = 0; i < values.size(); ++i) {
      dealt[in_first[i]].push_back(values[i]);
    }
    const double u = obvious_u(dealt[1], dealt[0]);
    at_most += u <= observed ? 1.0 : 0.0;
    at_least += u >= observed ? 1.0 : 0.0;
    all += 1.0;
  } while (std::next_permutation(in_first.begin(), in_first.end()));
  return std::min(1.0, 2.0 * std::min(at_most, at_least) / all);
}

// Mann and Whitney's normal approximation by the textbook: the variance from how often each value occurs.
double obvious_normal_p(const Values& first, const Values& second) {
  const auto n1 = static_cast<double>(first.size());
  const auto n2 = static_cast<double>(second.size());
  const double n = n1 + n2;
  std::map<double, double> occurrences;
  for (const Values& sample : {first, second}) {
    for (const double value : sample) {
      occurrences[value] += 1.0;
    }
  }
  double ties = 0.0;
  for (const auto& [value, t] : occurrences) {
    ties += (t * t * t - t) / (n * (n - 1.0));
  }
  const double deviation = std::sqrt(n1 * n2 / 12.0 * (n + 1.0 - ties));
  const double z = (std::abs(obvious_u(first, second) - n1 * n2 / 2.0) - 0.5) / deviation;
  return std::min(1.0, std::erfc(z / std::sqrt(2.0)));
}

Values draw(RandomStream& random, std::size_t size, std::uint64_t levels, double shift) {
  Values values(size);
  for (double& value : values) {
    value = static_cast<double>(random.below(levels)) + shift;
  }
  return values;
}

TEST(MannWhitney, small_samples_agree_with_dealing_out_in_every_way) {
  RandomStream random(3, "mann_whitney", {});
  for (int trial = 0; trial < 200; ++trial) {
    const std::uint64_t levels = trial % 2 == 0 ? 4 : 1000;
    const Values first = draw(random, 1 + random.below(6), levels, 0.0);
    const Values second = draw(random, 1 + random.below(6), levels, static_cast<double>(random.below(3)));
    const MannWhitney test = *mann_whitney(first, second);
    EXPECT_TRUE(test.exact);
    EXPECT_EQ(test.u, obvious_u(first, second));
    EXPECT_NEAR(test.p, obvious_exact_p(first, second), 1e-14);
  }
}

TEST(MannWhitney, large_samples_agree_with_the_textbook) {
  RandomStream random(4, "mann_whitney", {});
  for (int trial = 0; trial < 100; ++trial) {
    const std::uint64_t levels = trial % 2 == 0 ? 5 : 100'000;
    const Values first = draw(random, 1 + random.below(60), levels, 0.0);
    const Values second = draw(random, 40 + random.below(60), levels, static_cast<double>(random.below(2)));
    const MannWhitney test = *mann_whitney(first, second);
    EXPECT_FALSE(test.exact);
    EXPECT_EQ(test.u, obvious_u(first, second));
    EXPECT_NEAR(test.p, obvious_normal_p(first, second), 1e-12);
  }
}

TEST(MannWhitney, forty_values_are_counted_and_forty_one_approximated) {
  RandomStream random(5, "mann_whitney", {});
  for (const std::uint64_t levels : {6, 500}) {
    const Values two = draw(random, 2, levels, static_cast<double>(levels) / 3.0);
    Values many = draw(random, 38, levels, 0.0);
    const MannWhitney counted = *mann_whitney(two, many);
    EXPECT_TRUE(counted.exact);
    EXPECT_NEAR(counted.p, obvious_exact_p(two, many), 1e-14);
    EXPECT_GT(std::abs(counted.p - obvious_normal_p(two, many)), 1e-6);  // or the test would not tell them apart
    many.push_back(0.0);
    const MannWhitney approximated = *mann_whitney(two, many);
    EXPECT_FALSE(approximated.exact);
    EXPECT_NEAR(approximated.p, obvious_normal_p(two, many), 1e-13);
    EXPECT_GT(std::abs(approximated.p - obvious_exact_p(two, many)), 1e-6);
  }
}

// scipy 1.10: mannwhitneyu(first, second, method="exact") without ties; with ties permutation_test of the statistic,
// permutation_type="independent", n_resamples=numpy.inf; method="asymptotic" beyond forty values.
TEST(MannWhitney, agrees_with_scipy) {
  const MannWhitney few = *mann_whitney(Values{1.1, 2.5, 3.2, 4.8, 5.0, 9.1}, Values{2, 6.3, 7.7, 8.8, 9.5, 10.2, 11});
  EXPECT_EQ(few.u, 8.0);
  EXPECT_NEAR(few.p, 0.07342657342657342, 1e-14);
  const MannWhitney tied = *mann_whitney(Values{1, 2, 2, 3, 5, 5, 5}, Values{2, 3, 5, 5, 6, 7});
  EXPECT_EQ(tied.u, 11.5);
  EXPECT_NEAR(tied.p, 0.20046620046620048, 1e-14);

  Values first;
  Values second;
  for (int i = 0; i < 20; ++i) {
    first.push_back(3.0 * i);
    second.push_back(3.0 * i + (i < 10 ? 1.0 : 8.0));
  }
  const MannWhitney forty = *mann_whitney(first, second);
  EXPECT_EQ(forty.u, 173.0);
  EXPECT_NEAR(forty.p, 0.47769052336446055, 1e-13);
  second.push_back(70.0);
  const MannWhitney more = *mann_whitney(first, second);
  EXPECT_EQ(more.u, 173.0);
  EXPECT_NEAR(more.p, 0.34110004052842136, 1e-13);

  Values first_tied;
  Values second_tied;
  for (int i = 0; i < 30; ++i) {
    if (i < 25) {
      first_tied.push_back(i % 7);
    }
    second_tied.push_back((i * 3) % 8 + i % 3);
  }
  const MannWhitney many_tied = *mann_whitney(first_tied, second_tied);
  EXPECT_EQ(many_tied.u, 233.5);
  EXPECT_NEAR(many_tied.p, 0.01644351788369268, 1e-14);
}

TEST(MannWhitney, does_not_depend_on_which_sample_is_named_first) {
  RandomStream random(6, "mann_whitney", {});
  for (const std::size_t size : {5U, 30U}) {
    const Values first = draw(random, size, 9, 2.0);
    const Values second = draw(random, 24, 9, 0.0);
    const MannWhitney one = *mann_whitney(first, second);
    const MannWhitney other = *mann_whitney(second, first);
    EXPECT_DOUBLE_EQ(one.p, other.p);
    EXPECT_LT(one.p, 0.5);
    EXPECT_EQ(one.u + other.u, static_cast<double>(first.size() * second.size()));
  }
}

TEST(MannWhitney, tied_and_single_values_say_nothing) {
  EXPECT_EQ(mann_whitney(Values{3}, Values{8})->p, 1.0);
  EXPECT_EQ(mann_whitney(Values{3, 3}, Values{3, 3, 3})->p, 1.0);
  EXPECT_EQ(mann_whitney(Values(30, 3.0), Values(20, 3.0))->p, 1.0);
  EXPECT_EQ(mann_whitney(Values(30, 3.0), Values(20, 3.0))->u, 300.0);
}

TEST(MannWhitney, infinite_values_are_the_largest) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(mann_whitney(Values{inf, 4, inf}, Values{1, 2, -inf})->u, 9.0);
}

TEST(MannWhitney, needs_a_value_in_each_sample_and_none_that_is_nan) {
  EXPECT_FALSE(mann_whitney(Values{}, Values{1}));
  EXPECT_FALSE(mann_whitney(Values{1}, Values{}));
  EXPECT_THROW((void)mann_whitney(Values{std::nan("")}, Values{1}), BrokenInvariant);
}

}  // namespace
}  // namespace niwaki
