// Compiled once for each instruction set, with NIWAKI_KERNEL naming it. No function of the standard library may be
// instantiated here: the linker could take it for the baseline program too.
#include "niwaki/metrics/weighted_ranking_kernel.hpp"

namespace niwaki::weighted_ranking::NIWAKI_KERNEL {
namespace {

constexpr std::size_t kLanes = 32;
constexpr std::size_t kParts = 4;  // a lane's wide figures come in parts of eight
constexpr std::size_t kPartLanes = kLanes / kParts;

using Bytes = std::uint8_t __attribute__((vector_size(kLanes)));
using Shorts = std::uint16_t __attribute__((vector_size(kLanes * 2)));
using ShortPart = std::uint16_t __attribute__((vector_size(kPartLanes * 2)));
using IntPart = std::int32_t __attribute__((vector_size(kPartLanes * 4)));
using DoublePart = double __attribute__((vector_size(kPartLanes * 8)));

/// A count for each resample, as whole numbers in doubles.
struct Counts {
  DoublePart part[kParts] = {};
};

Shorts weights_at(const Input& input, std::size_t image) {
  Bytes bytes;
  __builtin_memcpy(&bytes, input.weights + std::size_t{input.patients[image]} * kLanes, sizeof bytes);
  return __builtin_convertvector(bytes, Shorts);
}

Counts widened(const Shorts& sums) {
  ShortPart parts[kParts];
  __builtin_memcpy(parts, &sums, sizeof sums);
  Counts counts;
  for (std::size_t part = 0; part < kParts; ++part) {
    counts.part[part] = __builtin_convertvector(__builtin_convertvector(parts[part], IntPart), DoublePart);
  }
  return counts;
}

/// The weights of the images [begin, end), summed.
Counts summed(const Input& input, std::size_t begin, std::size_t end) {
  Counts total;
  while (begin < end) {
    const std::size_t stop = end - begin > input.largest_sum ? begin + input.largest_sum : end;
    Shorts sums = {};
    for (; begin < stop; ++begin) {
      sums += weights_at(input, begin);
    }
    const Counts counts = widened(sums);
    for (std::size_t part = 0; part < kParts; ++part) {
      total.part[part] += counts.part[part];
    }
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
    for (std::size_t part = 0; part < kParts; ++part) {
      negatives.part[part] += above.part[part];
      misplaced.part[part] += positives.part[part] * (2.0 * negatives.part[part] + tied.part[part]);
      negatives.part[part] += tied.part[part];
      found.part[part] += positives.part[part];
      const DoublePart called = found.part[part] + negatives.part[part];
      // Nothing is called yet where a resample drew none of these images: 0 / 0 would spoil its sum.
      const DoublePart divisor = called > 0.0 ? called : called + 1.0;
      precisions.part[part] += positives.part[part] * (found.part[part] / divisor);
    }
    begin = ends.positives_end;
  }
  const Counts below = summed(input, begin, input.images);
  for (std::size_t part = 0; part < kParts; ++part) {
    const DoublePart pairs = found.part[part] * (negatives.part[part] + below.part[part]);
    const DoublePart ap = precisions.part[part] / found.part[part];
    const DoublePart area = (2.0 * pairs - misplaced.part[part]) / (2.0 * pairs);
    __builtin_memcpy(average_precision + part * kPartLanes, &ap, sizeof ap);
    __builtin_memcpy(auroc + part * kPartLanes, &area, sizeof area);
  }
}

}  // namespace niwaki::weighted_ranking::NIWAKI_KERNEL
