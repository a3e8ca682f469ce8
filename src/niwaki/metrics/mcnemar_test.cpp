#include "niwaki/metrics/mcnemar.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

/// Pascal's triangle in long double: the sums as they are written.
long double choose(std::size_t n, std::size_t k) {
  long double value = 1.0L;
  for (std::size_t i = 1; i <= k; ++i) {
    value = value * static_cast<long double>(n - k + i) / static_cast<long double>(i);
  }
  return value;
}

long double slow_mass(std::size_t k, std::size_t n, long double share) {
  return choose(n, k) * std::pow(share, static_cast<long double>(k)) *
         std::pow(1.0L - share, static_cast<long double>(n - k));
}

long double slow_tail(std::size_t events, std::size_t n, long double share) {
  long double sum = 0.0L;
  for (std::size_t k = events; k <= n; ++k) {
    sum += slow_mass(k, n, share);
  }
  return sum;
}

/// Every outcome by itself: so many lost, so many gained, the others alike.
double slow_power(std::size_t patients, const PairedLoss& loss) {
  long double power = 0.0L;
  for (std::size_t differing = 0; differing <= patients; ++differing) {
    for (std::size_t lost = 0; lost <= differing; ++lost) {
      if (slow_tail(lost, differing, 0.5L) <= loss.significance) {
        power += slow_mass(differing, patients, static_cast<long double>(loss.lost) + loss.gained) *
                 slow_mass(lost, differing, loss.lost / (static_cast<long double>(loss.lost) + loss.gained));
      }
    }
  }
  return static_cast<double>(power);
}

TEST(McNemar, PIsTheSumOfItsTerms) {
  for (std::size_t lost = 0; lost < 30; ++lost) {
    for (std::size_t gained = 0; gained < 30; ++gained) {
      EXPECT_NEAR(mcnemar_p(lost, gained), static_cast<double>(slow_tail(lost, lost + gained, 0.5L)), 1e-13);
    }
  }
  EXPECT_EQ(mcnemar_p(0, 0), 1.0);
}

TEST(McNemar, CriticalIsTheLeastThatShowsALoss) {
  // scipy.stats.binom.sf(lost - 1, lost + gained, 0.5)
  const std::vector<std::size_t> at_5_percent = {5, 7, 9, 10, 12, 13};
  const std::vector<std::size_t> at_1_in_1000 = {10, 13, 16, 18, 20, 22};
  for (std::size_t gained = 0; gained < at_5_percent.size(); ++gained) {
    EXPECT_EQ(mcnemar_critical(gained, 0.05), at_5_percent[gained]);
    EXPECT_EQ(mcnemar_critical(gained, 0.001), at_1_in_1000[gained]);
    EXPECT_GT(mcnemar_p(at_5_percent[gained] - 1, gained), 0.05);
  }
}

TEST(McNemar, PowerIsThatOfEveryOutcomeByItself) {
  for (const std::size_t patients : {1, 5, 17, 40, 60}) {
    for (const PairedLoss& loss : {PairedLoss{0.05, 0.02}, {0.3, 0.1}, {0.2, 0.0}, {0.5, 0.3, 0.01}, {0.6, 0.4}}) {
      EXPECT_NEAR(mcnemar_power(patients, loss), slow_power(patients, loss), 1e-10)
          << patients << " patients, " << loss.lost << " lost, " << loss.gained << " gained";
    }
  }
  EXPECT_EQ(mcnemar_power(0, {}), 0.0);
}

TEST(McNemar, PowerOfScipy) {
  // sum of scipy.stats.binom.pmf(m, n, lost + gained) * binom.sf(critical - 1, m, lost / (lost + gained))
  EXPECT_NEAR(mcnemar_power(100, {0.05, 0.02}), 0.16498823920503092, 1e-10);
  EXPECT_NEAR(mcnemar_power(300, {0.05, 0.02}), 0.5610199344822575, 1e-10);
  EXPECT_NEAR(mcnemar_power(134, {0.05, 0.0}), 0.8049626727456549, 1e-10);
  EXPECT_NEAR(mcnemar_power(59, {0.2, 0.1, 0.01}), 0.1194234292367391, 1e-10);
}

TEST(McNemar, PowerIsWhatIsSeenInDrawnPatients) {
  const PairedLoss loss{0.1, 0.03};
  constexpr std::size_t kPatients = 120;
  constexpr std::size_t kStudies = 20'000;
  RandomStream random(7, "mcnemar", {});
  std::size_t shown = 0;
  for (std::size_t study = 0; study < kStudies; ++study) {
    std::size_t lost = 0;
    std::size_t gained = 0;
    for (std::size_t patient = 0; patient < kPatients; ++patient) {
      const double draw = random.uniform();
      lost += draw < loss.lost ? 1 : 0;
      gained += draw >= loss.lost && draw < loss.lost + loss.gained ? 1 : 0;
    }
    shown += mcnemar_p(lost, gained) <= loss.significance ? 1 : 0;
  }
  const double power = mcnemar_power(kPatients, loss);
  const double error = std::sqrt(power * (1.0 - power) / kStudies);
  EXPECT_NEAR(static_cast<double>(shown) / kStudies, power, 4.0 * error);
}

TEST(McNemar, PatientsAreThoseFromWhichOnThePowerIsKept) {
  // By every number of patients up to 600 in SciPy.
  EXPECT_EQ(mcnemar_patients({0.05, 0.02}), 517U);
  EXPECT_EQ(mcnemar_patients({0.1, 0.02}), 125U);
  EXPECT_EQ(mcnemar_patients({0.05, 0.0}), 134U);
  EXPECT_EQ(mcnemar_patients({0.1, 0.05}), 398U);
  EXPECT_EQ(mcnemar_patients({0.2, 0.05}), 74U);
  EXPECT_EQ(mcnemar_patients({0.5, 0.1}), 25U);
}

TEST(McNemar, NearTheOneOfLargeNumbersWhereNumbersAreLarge) {
  // Connor (Biometrics 43, 1987): (z_a sqrt(psi) + z_b sqrt(psi - delta^2))^2 / delta^2
  const PairedLoss loss{0.012, 0.01};
  const double differing = loss.lost + loss.gained;
  const double delta = loss.lost - loss.gained;
  const double root =
      1.6448536269514722 * std::sqrt(differing) + 0.8416212335729143 * std::sqrt(differing - delta * delta);
  const double connor = root * root / (delta * delta);
  const auto exact = mcnemar_patients(loss);
  ASSERT_TRUE(exact);
  // The exact test is conservative, so it asks for some more.
  EXPECT_GT(static_cast<double>(*exact), connor);
  EXPECT_NEAR(static_cast<double>(*exact), connor, 0.04 * connor);
}

TEST(McNemar, NothingWhereNoStudyWouldDo) {
  EXPECT_EQ(mcnemar_patients({0.0500001, 0.05}), std::nullopt);
}

TEST(McNemar, SharesThatAreNoneAreABug) {
  EXPECT_THROW((void)mcnemar_power(10, {0.05, 0.05}), BrokenInvariant);
  EXPECT_THROW((void)mcnemar_power(10, {0.7, 0.4}), BrokenInvariant);
  EXPECT_THROW((void)mcnemar_patients({0.05, 0.02, 0.0}), BrokenInvariant);
  EXPECT_THROW((void)mcnemar_critical(0, 0.9), BrokenInvariant);
}

}  // namespace
}  // namespace niwaki
