#include "niwaki/metrics/mcnemar.hpp"

#include <algorithm>
#include <cmath>

#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/gamma.hpp>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kMostPatients = 10'000'000;

/// P(X >= events), X binomial.
double upper_tail(std::size_t events, std::size_t trials, double share) {
  if (events == 0) {
    return 1.0;
  }
  if (events > trials || share <= 0.0) {
    return 0.0;
  }
  if (share >= 1.0) {
    return 1.0;
  }
  return boost::math::ibeta(static_cast<double>(events), static_cast<double>(trials - events) + 1.0, share);
}

/// P(X = events), X binomial, by logarithms: both tails of `share` may be tiny.
double probability_of(std::size_t events, std::size_t trials, double share) {
  if (share >= 1.0) {
    return events == trials ? 1.0 : 0.0;
  }
  const auto n = static_cast<double>(trials);
  const auto k = static_cast<double>(events);
  const double choices = boost::math::lgamma(n + 1.0) - boost::math::lgamma(k + 1.0) - boost::math::lgamma(n - k + 1.0);
  return std::exp(choices + k * std::log(share) + (n - k) * std::log1p(-share));
}

/// The least `lost` of `differing` patients that shows a loss; differing + 1 where not even all would.
std::size_t critical_of(std::size_t differing, double significance) {
  std::size_t too_few = differing / 2;
  std::size_t enough = differing + 1;
  while (enough - too_few > 1) {
    const std::size_t middle = too_few + (enough - too_few) / 2;
    (upper_tail(middle, differing, 0.5) <= significance ? enough : too_few) = middle;
  }
  return enough;
}

void check(const PairedLoss& loss) {
  NIWAKI_CHECK(loss.lost > 0.0 && loss.lost < 1.0 && loss.gained >= 0.0 && loss.gained < loss.lost &&
                   loss.lost + loss.gained <= 1.0 && loss.significance > 0.0 && loss.significance <= 0.5 &&
                   loss.power > 0.0 && loss.power < 1.0,
               "lost {}, gained {}, significance {}, power {}", loss.lost, loss.gained, loss.significance, loss.power);
}

}  // namespace

double mcnemar_p(std::size_t lost, std::size_t gained) {
  return upper_tail(lost, lost + gained, 0.5);
}

std::size_t mcnemar_critical(std::size_t gained, double significance) {
  NIWAKI_CHECK(significance > 0.0 && significance <= 0.5, "significance {}", significance);
  std::size_t lost = gained;  // not enough: at least half of those who differ are lost
  do {
    ++lost;
  } while (mcnemar_p(lost, gained) > significance);
  return lost;
}

double mcnemar_power(std::size_t patients, const PairedLoss& loss) {
  check(loss);
  NIWAKI_CHECK(patients <= (std::size_t{1} << 31), "{} patients", patients);
  const double differing = loss.lost + loss.gained;
  const auto n = static_cast<double>(patients);
  // Beyond ten standard deviations and some there is less than a double can add.
  const double reach = 10.0 * std::sqrt(n * differing * (1.0 - differing)) + 20.0;
  const auto first = static_cast<std::size_t>(std::max(0.0, std::floor(n * differing - reach)));
  const auto last = static_cast<std::size_t>(std::min(n, std::ceil(n * differing + reach)));
  double power = 0.0;
  std::size_t critical = critical_of(first, loss.significance);
  for (std::size_t m = first; m <= last; ++m) {
    // One more patient who differs asks for as many lost ones, or for one more.
    critical += critical > m || upper_tail(critical, m, 0.5) <= loss.significance ? 0 : 1;
    power += probability_of(m, patients, differing) * upper_tail(critical, m, loss.lost / differing);
  }
  return std::min(power, 1.0);
}

std::optional<std::size_t> mcnemar_patients(const PairedLoss& loss) {
  check(loss);
  const auto reaches = [&](std::size_t patients) { return mcnemar_power(patients, loss) >= loss.power; };
  std::size_t enough = 1;
  while (!reaches(enough)) {
    if (enough > kMostPatients) {
      return std::nullopt;
    }
    enough *= 2;
  }
  std::size_t too_few = enough / 2;
  while (enough - too_few > 1) {
    const std::size_t middle = too_few + (enough - too_few) / 2;
    (reaches(middle) ? enough : too_few) = middle;
  }
  const std::size_t ahead = enough + std::clamp<std::size_t>(enough / 10, 1, 200);
  for (std::size_t patients = ahead; patients > enough; --patients) {
    if (!reaches(patients)) {
      return patients + 1;
    }
  }
  return enough > kMostPatients ? std::nullopt : std::optional(enough);
}

}  // namespace niwaki
