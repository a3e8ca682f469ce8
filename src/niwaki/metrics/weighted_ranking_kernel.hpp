#pragma once

#include <cstddef>
#include <cstdint>

namespace niwaki::weighted_ranking {

/// Where one distinct score that a positive image has ends in the list of patients: first the negatives above it (and
/// below the score before), then the negatives that share it, then its positives.
struct Step {
  std::uint32_t above_end = 0;
  std::uint32_t tied_end = 0;
  std::uint32_t positives_end = 0;
};

/// One class under one network, and one block of resamples.
struct Input {
  const std::uint32_t* patients;  // of the images, in the order that Step says; trailing negatives last
  std::size_t images;
  const Step* steps;
  std::size_t step_count;
  const std::uint8_t* weights;  // [patients][32], a block of PatientResamples
  std::size_t largest_sum;      // images that can be summed before 16 bits overflow
};

/// Writes 32 figures of each kind, NaN where a resample drew no positive (or, for AUROC, no negative) image.
using Kernel = void (*)(const Input& input, double* average_precision, double* auroc);
/// Writes the summed weights of all `input.images`, one of 32 resamples each; takes no steps.
using SumKernel = void (*)(const Input& input, double* sums);

// One source, compiled once for each instruction set. All give the same bytes: counts are whole numbers, and each
// resample's sum of precisions runs in one order.
namespace baseline {
void evaluate(const Input& input, double* average_precision, double* auroc);
void sum(const Input& input, double* sums);
}  // namespace baseline
namespace avx2 {
void evaluate(const Input& input, double* average_precision, double* auroc);
void sum(const Input& input, double* sums);
}  // namespace avx2
namespace avx512 {
void evaluate(const Input& input, double* average_precision, double* auroc);
void sum(const Input& input, double* sums);
}  // namespace avx512

}  // namespace niwaki::weighted_ranking
