#pragma once

#include <cstddef>

#include "niwaki/engine/place.hpp"
#include "niwaki/engine/steps.hpp"

namespace niwaki {

/// What the planner weighs: how long a convolution takes by either kernel, and how long a change of layout.
class Costs {
 public:
  Costs() = default;
  Costs(const Costs&) = delete;
  Costs& operator=(const Costs&) = delete;
  Costs(Costs&&) = delete;
  Costs& operator=(Costs&&) = delete;
  virtual ~Costs() = default;

  /// Seconds of one convolution, images and sizes as in `x` and `out`, with a weight of the step's density: by our
  /// sparse kernel (kPlanes) or oneDNN's direct one (kBlocked).
  virtual double convolution(const Step& step, const Place& x, const Place& out, Layout layout,
                             std::size_t threads) = 0;
  /// The same by Winograd's algorithm, `x` and `out` kBlocked; infinity where it is not there, or not wanted.
  virtual double winograd(const Step& step, const Place& x, const Place& out, std::size_t threads) = 0;
  /// Seconds of a change between kPlanes and kBlocked (or from kImage).
  virtual double change(const Place& value, Layout from, Layout to, std::size_t threads) = 0;
};

}  // namespace niwaki
