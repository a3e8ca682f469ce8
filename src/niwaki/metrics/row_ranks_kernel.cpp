// Compiled once for each instruction set, with NIWAKI_KERNEL naming it. No function of the standard library may be
// instantiated here: the linker could take it for the baseline program too.
#include "niwaki/metrics/row_ranks_kernel.hpp"

namespace niwaki::row_ranks::NIWAKI_KERNEL {
namespace {

#if defined(__AVX512BW__)
constexpr std::size_t kVectorBytes = 64;
#elif defined(__AVX2__)
constexpr std::size_t kVectorBytes = 32;
#else
constexpr std::size_t kVectorBytes = 16;
#endif
constexpr std::size_t kWidth = kVectorBytes / 8;
static_assert(kLanes % kWidth == 0);

using Doubles = double __attribute__((vector_size(kVectorBytes)));
using Longs = std::int64_t __attribute__((vector_size(kVectorBytes)));
using Ints = std::int32_t __attribute__((vector_size(kWidth * 4)));
using Shorts = std::int16_t __attribute__((vector_size(kWidth * 2)));

void rank_block(const double* values, std::size_t columns, std::int16_t* ranks) {
  for (std::size_t part = 0; part < kLanes; part += kWidth) {
    Doubles value[kMostCompared];
    Longs rank[kMostCompared];
    for (std::size_t i = 0; i < columns; ++i) {
      __builtin_memcpy(&value[i], values + i * kLanes + part, sizeof value[i]);
      Longs own = {};
      for (std::size_t j = 0; j < i; ++j) {
        // A comparison that holds is -1.
        const Longs sign = (value[i] < value[j]) - (value[i] > value[j]);
        own += sign;
        rank[j] -= sign;
      }
      rank[i] = own;
    }
    for (std::size_t i = 0; i < columns; ++i) {
      const Shorts narrow = __builtin_convertvector(rank[i], Shorts);
      __builtin_memcpy(ranks + i * kLanes + part, &narrow, sizeof narrow);
    }
  }
}

Doubles widened(const std::int16_t* ranks) {
  Shorts narrow;
  __builtin_memcpy(&narrow, ranks, sizeof narrow);
  return __builtin_convertvector(__builtin_convertvector(narrow, Ints), Doubles);
}

void multiply_block(const std::int16_t* x, const std::int16_t* y, std::size_t columns, double* sums) {
  for (std::size_t part = 0; part < kLanes; part += kWidth) {
    Doubles sum = {};
    for (std::size_t i = 0; i < columns; ++i) {
      sum += widened(x + i * kLanes + part) * widened(y + i * kLanes + part);
    }
    __builtin_memcpy(sums + part, &sum, sizeof sum);
  }
}

}  // namespace

const Kernel kKernel = {rank_block, multiply_block};

}  // namespace niwaki::row_ranks::NIWAKI_KERNEL
