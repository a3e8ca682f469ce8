// Compiled once for each instruction set, with NIWAKI_KERNEL naming it. No function of the standard library may be
// instantiated here: the linker could take it for the baseline program too.
#include "niwaki/metrics/weighted_ranking_kernel.hpp"

namespace niwaki::weighted_ranking::NIWAKI_KERNEL {
namespace {

#if defined(__AVX512BW__)
constexpr std::size_t kVectorBytes = 64;
#elif defined(__AVX2__)
constexpr std::size_t kVectorBytes = 32;
#else
constexpr std::size_t kVectorBytes = 16;
#endif
constexpr std::size_t kLanes = 32;
constexpr std::size_t kShortLanes = kVectorBytes / 2;
constexpr std::size_t kDoubleLanes = kVectorBytes / 8;
constexpr std::size_t kShortVectors = kLanes / kShortLanes;
constexpr std::size_t kDoubleVectors = kLanes / kDoubleLanes;

using Bytes = std::uint8_t __attribute__((vector_size(kShortLanes)));
using Shorts = std::uint16_t __attribute__((vector_size(kVectorBytes)));
using FewShorts = std::uint16_t __attribute__((vector_size(kDoubleLanes * 2)));
using Ints = std::int32_t __attribute__((vector_size(kDoubleLanes * 4)));
using Doubles = double __attribute__((vector_size(kVectorBytes)));

/// A count for each resample, as whole numbers in doubles.
struct Counts {
  Doubles part[kDoubleVectors] = {};
};

[[gnu::always_inline]] inline void widen(const Shorts (&sums)[kShortVectors], Counts& counts) {
  FewShorts few[kDoubleVectors];
  __builtin_memcpy(few, sums, sizeof sums);
  for (std::size_t part = 0; part < kDoubleVectors; ++part) {
    counts.part[part] += __builtin_convertvector(__builtin_convertvector(few[part], Ints), Doubles);
  }
}

/// The weights of the images [begin, end), summed.
[[gnu::always_inline]] inline Counts summed(const Input& input, std::size_t begin, std::size_t end) {
  Counts total;
  while (begin < end) {
    const std::size_t stop = end - begin > input.largest_sum ? begin + input.largest_sum : end;
    Shorts sums[kShortVectors] = {};
    for (; begin < stop; ++begin) {
      const std::uint8_t* weights = input.weights + std::size_t{input.patients[begin]} * kLanes;
      for (std::size_t part = 0; part < kShortVectors; ++part) {
        Bytes bytes;
        __builtin_memcpy(&bytes, weights + part * kShortLanes, sizeof bytes);
        sums[part] += __builtin_convertvector(bytes, Shorts);
      }
    }
    widen(sums, total);
  }
  return total;
}

}  // namespace

void evaluate(const Input& input, double* average_precision, double* auroc) {
  Counts found;           // positives at or above the score
  Counts negatives;       // negatives at or above it
  Counts precisions;      // sum over positives of the precision at their score
  Counts misplaced;       // twice the pairs in which a negative is not below a positive, a tie counting half
  std::size_t begin = 0;  // of the images
  for (std::size_t step = 0; step < input.step_count; ++step) {
    const Step& ends = input.steps[step];
    const Counts above = summed(input, begin, ends.above_end);
    const Counts tied = summed(input, ends.above_end, ends.tied_end);
    const Counts positives = summed(input, ends.tied_end, ends.positives_end);
    for (std::size_t part = 0; part < kDoubleVectors; ++part) {
      negatives.part[part] += above.part[part];
      misplaced.part[part] += positives.part[part] * (2.0 * negatives.part[part] + tied.part[part]);
      negatives.part[part] += tied.part[part];
      found.part[part] += positives.part[part];
      const Doubles called = found.part[part] + negatives.part[part];
      // Nothing is called yet where a resample drew none of these images: 0 / 0 would spoil its sum.
      const Doubles divisor = called > 0.0 ? called : called + 1.0;
      precisions.part[part] += positives.part[part] * (found.part[part] / divisor);
    }
    begin = ends.positives_end;
  }
  const Counts below = summed(input, begin, input.images);
  for (std::size_t part = 0; part < kDoubleVectors; ++part) {
    const Doubles pairs = found.part[part] * (negatives.part[part] + below.part[part]);
    const Doubles ap = precisions.part[part] / found.part[part];
    const Doubles area = (2.0 * pairs - misplaced.part[part]) / (2.0 * pairs);
    __builtin_memcpy(average_precision + part * kDoubleLanes, &ap, sizeof ap);
    __builtin_memcpy(auroc + part * kDoubleLanes, &area, sizeof area);
  }
}

void sum(const Input& input, double* sums) {
  const Counts total = summed(input, 0, input.images);
  __builtin_memcpy(sums, total.part, sizeof total.part);
}

}  // namespace niwaki::weighted_ranking::NIWAKI_KERNEL
