#pragma once

#include <cstddef>
#include <vector>

#include "niwaki/engine/dense_tasks.hpp"
#include "niwaki/engine/place.hpp"
#include "niwaki/engine/steps.hpp"

namespace niwaki {

/// What our own loops and kernels do. Where both layouts are named, `x` and `out` are of one of them.

/// Both kPlanes.
Task sparse_convolution(const Step& step, const NumberedPlace& x, const NumberedPlace* residual,
                        const NumberedPlace& out, std::size_t threads, MemoryPlan& plan);

/// kPlanes or kBlocked.
Task affine(const Step& step, const NumberedPlace& x, const NumberedPlace& out);
Task activation(const Step& step, const NumberedPlace& x, const NumberedPlace& out);                   // kFlat too
Task add(const Step& step, const NumberedPlace& a, const NumberedPlace& b, const NumberedPlace& out);  // kFlat too
/// b of a's shape and layout, or kFlat [images, channels].
Task multiply(const Step& step, const NumberedPlace& a, const NumberedPlace& b, const NumberedPlace& out);
/// From kPlanes or kBlocked to kFlat.
Task global_average(const Step& step, const NumberedPlace& x, const NumberedPlace& out);

/// Both kPlanes.
Task plane_pool(const Step& step, const NumberedPlace& x, const NumberedPlace& out);
Task plane_pad(const Step& step, const NumberedPlace& x, const NumberedPlace& out);
/// From kPlanes to kFlat.
Task plane_flatten(const Step& step, const NumberedPlace& x, const NumberedPlace& out);

/// Copies `x` to where it belongs within `out`, `first_channel` being its first: both kPlanes, or both kBlocked with
/// whole blocks.
Task copy_channels(const Step& step, const NumberedPlace& x, const NumberedPlace& out, std::int64_t first_channel);
/// Copies a value as it is.
Task copy(const NumberedPlace& x, const NumberedPlace& out);

}  // namespace niwaki
