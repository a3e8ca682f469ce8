#pragma once

namespace niwaki {

/// (pruned - dense) / (dense + 1e-12): the published study's relative change, whose constant keeps it finite where the
/// dense AP is 0.
inline double relative_change(double pruned, double dense) {
  constexpr double kTiny = 1e-12;
  return (pruned - dense) / (dense + kTiny);
}

}  // namespace niwaki
