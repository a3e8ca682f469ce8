// Compiled once for each instruction set, with NIWAKI_KERNEL naming it; the compiler makes vectors of the loop. No
// function of the standard library may be instantiated here: the linker could take it for the baseline program too.
#include "niwaki/audit/seed_average_kernel.hpp"

namespace niwaki::seed_average::NIWAKI_KERNEL {

void add_shares(const float* __restrict values, std::size_t count, double seeds, double* __restrict sums) {
  for (std::size_t i = 0; i < count; ++i) {
    sums[i] += static_cast<double>(values[i]) / seeds;
  }
}

}  // namespace niwaki::seed_average::NIWAKI_KERNEL
