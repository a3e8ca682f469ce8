#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "niwaki/engine/place.hpp"
#include "niwaki/engine/steps.hpp"

namespace niwaki {

/// What oneDNN does (https://oneapi-src.github.io/oneDNN/v2.6), each as a task on places. `plan` gives the scratch
/// memory that a primitive asks for.

/// How oneDNN convolves: sum by sum, or by Winograd's minimal filtering (Lavin and Gray, arXiv 1509.09308), which
/// spares half or three quarters of the multiplications of a 3x3 kernel and rounds a little more coarsely. Neither
/// carries NaN and infinity as the reference does (the activations make 0 of NaN): Engine keeps them from here.
enum class DenseAlgorithm { kDirect, kWinograd };

/// `x` is kBlocked, or kImage with at most 3 channels; `out` is kBlocked. With `residual`, `out` already holds what is
/// to be added.
Task dense_convolution(const Step& step, const NumberedPlace& x, const NumberedPlace& out, bool residual,
                       DenseAlgorithm algorithm, MemoryPlan& plan);

/// `x` and `out` are kFlat.
Task dense_linear(const Step& step, const NumberedPlace& x, const NumberedPlace& out, MemoryPlan& plan);

/// MaxPool or AveragePool, both kBlocked. None where oneDNN has no such pool (windows that begin in the padding at the
/// end, or count it).
std::optional<Task> dense_pool(const Step& step, const NumberedPlace& x, const NumberedPlace& out, MemoryPlan& plan);

/// From one layout to another (kImage, kPlanes, kBlocked).
Task layout_change(const NumberedPlace& x, const NumberedPlace& out);

/// Whether oneDNN has a kernel of its own for this convolution, and not only its plain loops.
bool has_dense_kernel(const Step& step, const Place& x, const Place& out,
                      DenseAlgorithm algorithm = DenseAlgorithm::kDirect);

}  // namespace niwaki
