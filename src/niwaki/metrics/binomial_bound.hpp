#pragma once

#include <cstddef>
#include <optional>

namespace niwaki {

/// Exact one-sided inference for a share of which `events` of `trials` independent trials are seen. Nothing here rests
/// on large numbers. `share`, `confidence`: in (0, 1); at most 2^31 trials.

/// The upper end of the one-sided interval of Clopper & Pearson (Biometrika 26, 1934): the share at which so few events
/// have the chance 1 - confidence, the quantile of the beta distribution of parameters events + 1 and trials - events.
/// 1 where every trial is an event, or there is none.
double clopper_pearson_upper(std::size_t events, std::size_t trials, double confidence);

/// P(X <= events) for X binomial of `trials` and `share`: the p-value of the true share being `share` or more. It is at
/// most 1 - confidence exactly where clopper_pearson_upper() is at most `share`.
double binomial_lower_tail(std::size_t events, std::size_t trials, double share);

/// The largest number of events with which the true share is shown to be below `share`; nothing where not even none
/// would do.
std::optional<std::size_t> most_events(std::size_t trials, double share, double confidence);

/// The least number of trials without an event that shows the true share to be below `share`: 59 for 0.05 at 0.95.
/// Nothing where that is above 2^31.
std::optional<std::size_t> trials_needed(double share, double confidence);

}  // namespace niwaki
