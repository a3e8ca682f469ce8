#include "niwaki/metrics/binomial_bound.hpp"

#include <algorithm>
#include <cmath>

#include <boost/math/special_functions/beta.hpp>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kMostTrials = std::size_t{1} << 31;

void check(std::size_t events, std::size_t trials, double share) {
  NIWAKI_CHECK(events <= trials && trials <= kMostTrials && share > 0.0 && share < 1.0, "{} of {} trials at {}", events,
               trials, share);
}

}  // namespace

double clopper_pearson_upper(std::size_t events, std::size_t trials, double confidence) {
  check(events, trials, confidence);
  if (events == trials) {
    return 1.0;
  }
  return boost::math::ibeta_inv(static_cast<double>(events) + 1.0, static_cast<double>(trials - events), confidence);
}

double binomial_lower_tail(std::size_t events, std::size_t trials, double share) {
  check(events, trials, share);
  if (events == trials) {
    return 1.0;
  }
  return boost::math::ibetac(static_cast<double>(events) + 1.0, static_cast<double>(trials - events), share);
}

std::optional<std::size_t> most_events(std::size_t trials, double share, double confidence) {
  check(0, trials, confidence);
  const double level = 1.0 - confidence;
  if (binomial_lower_tail(0, trials, share) > level) {
    return std::nullopt;
  }
  std::size_t enough = 0;
  std::size_t too_many = trials;
  while (too_many - enough > 1) {
    const std::size_t middle = enough + (too_many - enough) / 2;
    (binomial_lower_tail(middle, trials, share) <= level ? enough : too_many) = middle;
  }
  return enough;
}

std::optional<std::size_t> trials_needed(double share, double confidence) {
  check(0, 0, share);
  check(0, 0, confidence);
  const double level = 1.0 - confidence;
  const double estimate = std::log(level) / std::log1p(-share);
  if (!(estimate < static_cast<double>(kMostTrials) - 2.0)) {
    return std::nullopt;
  }
  // The logarithms may round to either side of the step.
  auto trials = static_cast<std::size_t>(std::max(1.0, std::floor(estimate)));
  trials -= trials > 1 ? 1 : 0;
  while (binomial_lower_tail(0, trials, share) > level) {
    ++trials;
  }
  return trials;
}

}  // namespace niwaki
