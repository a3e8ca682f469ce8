#pragma once

#include "niwaki/engine/costs.hpp"

namespace niwaki {

/// Costs from sizes and densities alone: the same network is planned alike on every run, whatever else the machine does
/// meanwhile and whatever was measured before. Rough: a sparse kernel does a multiplication at kEvenDensity of the
/// speed of a dense one, so that it is the faster one below that density; a change of layout reads and writes each
/// value once.
class EstimatedCosts : public Costs {
 public:
  /// The share of nonzero weights at which both kernels take as long.
  static constexpr double kEvenDensity = 0.35;

  double convolution(const Step& step, const Place& x, const Place& out, Layout layout, std::size_t threads) override;
  /// Never: how far it rounds otherwise depends on the sizes that run at once.
  double winograd(const Step& step, const Place& x, const Place& out, std::size_t threads) override;
  double change(const Place& value, Layout from, Layout to, std::size_t threads) override;
};

}  // namespace niwaki
