#include "niwaki/core/instruction_set.hpp"
#include "niwaki/engine/planes.hpp"
#include "niwaki/engine/sparse_kernel.hpp"

namespace niwaki {

const sparse::Kernels& sparse::kernels(InstructionSet set) {
  return kernel_of(set, baseline::kKernels, avx2::kKernels, avx512::kKernels);
}

const PlaneKernels& plane_kernels() {
  return kernel_of(instruction_set(), planes::baseline::kKernels, planes::avx2::kKernels, planes::avx512::kKernels);
}

}  // namespace niwaki
