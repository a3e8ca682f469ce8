#include "niwaki/core/instruction_set.hpp"
#include "niwaki/engine/planes.hpp"
#include "niwaki/engine/sparse_kernel.hpp"

namespace niwaki {

const sparse::Kernels& sparse::kernels(InstructionSet set) {
  switch (set) {
#if defined(__x86_64__)
    case InstructionSet::kAvx512:
      return avx512::kKernels;
    case InstructionSet::kAvx2:
      return avx2::kKernels;
#endif
    default:
      return baseline::kKernels;
  }
}

const PlaneKernels& plane_kernels() {
  switch (instruction_set()) {
#if defined(__x86_64__)
    case InstructionSet::kAvx512:
      return planes::avx512::kKernels;
    case InstructionSet::kAvx2:
      return planes::avx2::kKernels;
#endif
    default:
      return planes::baseline::kKernels;
  }
}

}  // namespace niwaki
