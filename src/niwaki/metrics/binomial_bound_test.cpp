#include "niwaki/metrics/binomial_bound.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

/// Term after term, as the definition has it.
double slow_lower_tail(std::size_t events, std::size_t trials, double share) {
  long double term = std::pow(1.0L - static_cast<long double>(share), static_cast<long double>(trials));
  long double sum = term;
  for (std::size_t i = 0; i < events; ++i) {
    term *= static_cast<long double>(trials - i) / static_cast<long double>(i + 1) * static_cast<long double>(share) /
            (1.0L - static_cast<long double>(share));
    sum += term;
  }
  return static_cast<double>(sum);
}

TEST(BinomialBound, TailIsTheSumOfItsTerms) {
  for (const std::size_t trials : {1, 2, 10, 59, 93, 500}) {
    for (std::size_t events = 0; events < trials; events += 1 + trials / 7) {
      for (const double share : {0.01, 0.05, 0.3, 0.9}) {
        EXPECT_NEAR(binomial_lower_tail(events, trials, share), slow_lower_tail(events, trials, share), 1e-12)
            << events << " of " << trials << " at " << share;
      }
    }
  }
}

TEST(BinomialBound, ValuesOfScipy) {
  // scipy.stats.beta.ppf(confidence, events + 1, trials - events), scipy.stats.binom.cdf(events, trials, share)
  EXPECT_NEAR(clopper_pearson_upper(1, 10, 0.95), 0.39416330243650466, 1e-12);
  EXPECT_NEAR(clopper_pearson_upper(3, 200, 0.95), 0.03830970849856934, 1e-12);
  EXPECT_NEAR(clopper_pearson_upper(30, 500, 0.9), 0.07598756793318602, 1e-12);
  EXPECT_NEAR(binomial_lower_tail(30, 500, 0.08), 0.05426102184191922, 1e-12);
  // Without an event (1 - share)^n = 1 - confidence.
  EXPECT_NEAR(clopper_pearson_upper(0, 59, 0.95), 1.0 - std::pow(0.05, 1.0 / 59.0), 1e-12);
  EXPECT_EQ(clopper_pearson_upper(10, 10, 0.95), 1.0);
  EXPECT_EQ(clopper_pearson_upper(0, 0, 0.95), 1.0);
  EXPECT_EQ(binomial_lower_tail(0, 0, 0.05), 1.0);
}

TEST(BinomialBound, TheBoundIsBelowTheShareExactlyWhereTheTailIsSmall) {
  for (std::size_t trials = 1; trials < 200; trials += 3) {
    for (std::size_t events = 0; events <= trials; ++events) {
      for (const double share : {0.02, 0.05, 0.11}) {
        EXPECT_EQ(clopper_pearson_upper(events, trials, 0.95) <= share,
                  binomial_lower_tail(events, trials, share) <= 1.0 - 0.95)
            << events << " of " << trials << " at " << share;
      }
    }
  }
}

TEST(BinomialBound, FiftyNineWithoutAMissForFivePercent) {
  EXPECT_EQ(trials_needed(0.05, 0.95), 59U);
  EXPECT_EQ(trials_needed(0.01, 0.95), 299U);
  EXPECT_EQ(trials_needed(0.10, 0.90), 22U);
  EXPECT_EQ(trials_needed(0.5, 0.75), 2U);
  EXPECT_EQ(trials_needed(0.99, 0.5), 1U);
  EXPECT_EQ(trials_needed(1e-12, 0.95), std::nullopt);
  EXPECT_EQ(most_events(58, 0.05, 0.95), std::nullopt);
  EXPECT_EQ(most_events(59, 0.05, 0.95), 0U);
  EXPECT_EQ(most_events(92, 0.05, 0.95), 0U);
  EXPECT_EQ(most_events(93, 0.05, 0.95), 1U);
}

TEST(BinomialBound, MostEventsIsTheLastThatDoes) {
  for (std::size_t trials = 0; trials < 400; trials += 7) {
    std::optional<std::size_t> slow;
    for (std::size_t events = 0; events <= trials && slow_lower_tail(events, trials, 0.07) <= 1.0 - 0.9; ++events) {
      slow = events;
    }
    EXPECT_EQ(most_events(trials, 0.07, 0.9), slow) << trials;
  }
}

TEST(BinomialBound, WhatIsNoShareIsABug) {
  EXPECT_THROW(binomial_lower_tail(2, 1, 0.05), BrokenInvariant);
  EXPECT_THROW(binomial_lower_tail(0, 1, 0.0), BrokenInvariant);
  EXPECT_THROW(clopper_pearson_upper(0, 1, 1.0), BrokenInvariant);
}

}  // namespace
}  // namespace niwaki
