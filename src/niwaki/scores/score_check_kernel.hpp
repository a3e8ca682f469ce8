#pragma once

#include <cstddef>

namespace niwaki::score_check {

struct Kernel {
  bool (*all_finite)(const float* values, std::size_t count);
  bool (*all_probabilities)(const float* values, std::size_t count);  // from 0 to 1; -0 is 0
};

// One source, compiled once for each instruction set.
namespace baseline {
extern const Kernel kKernel;
}
namespace avx2 {
extern const Kernel kKernel;
}
namespace avx512 {
extern const Kernel kKernel;
}

}  // namespace niwaki::score_check
