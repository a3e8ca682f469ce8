#pragma once

#include <optional>
#include <span>

namespace niwaki {

/// The quantile at `share` in [0, 1], between order statistics by straight lines: numpy's "linear" (Hyndman & Fan 1996,
/// type 7). Nothing where there are no values. No value may be NaN.
std::optional<double> quantile(std::span<const double> values, double share);

/// The middle value, or the mean of the two middle ones.
std::optional<double> median(std::span<const double> values);

}  // namespace niwaki
