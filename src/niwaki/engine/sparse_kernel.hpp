#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "niwaki/core/instruction_set.hpp"

namespace niwaki::sparse {

/// The unit in which a plane is cut, whatever the instruction set: 16 floats, one cache line.
constexpr std::size_t kUnit = 16;
/// The widest tile that any kernel takes, in units.
constexpr std::size_t kMostUnits = 8;
/// Input rows of one block: with 4 units, a block's part of the input fills the first-level cache (32 KiB). An index
/// within a block fits a byte.
constexpr std::size_t kBlockRows = 128;

constexpr std::size_t kIndependentSums = 6;

/// What comes after the sum, where it is a clip: Relu is 0 to infinity, none is -infinity to infinity. NaN stays NaN.
struct Bounds {
  float low;
  float high;
};

/// Some output rows of one block of the weights, on one tile (a run of units of a plane). Nonzeros stand row after row.
struct RowWork {
  const float* x = nullptr;               // the tile in the block's first input row
  std::size_t x_stride = 0;               // floats from one input row to the next
  const float* values = nullptr;          // nonzero weights
  const std::uint8_t* indices = nullptr;  // which input row of the block each multiplies
  const std::uint8_t* counts = nullptr;   // nonzeros of each output row, at most kBlockRows
  const std::uint32_t* rows = nullptr;    // the output rows
  std::size_t row_count = 0;
  float* out = nullptr;        // the tile in output row 0
  std::size_t out_stride = 0;  // floats from one output row to the next
  const float* bias = nullptr;
  const float* residual = nullptr;  // the tile in row 0 of what is added before the bounds, or none
  std::size_t residual_stride = 0;
  Bounds bounds{};
  std::size_t next = 0;  // floats to the tile that the same thread takes next, whose output is fetched ahead; 0: none
  bool first = false;    // the rows begin from their bias, else from what `out` holds
  bool last = false;     // the residual is added and the bounds apply
};
using RowFunction = void (*)(const RowWork& work);

/// An input row of a packed block: plane `plane`, moved by `shift` floats, where mask `mask` lets it through.
struct PackedRow {
  std::uint32_t plane = 0;
  std::int32_t shift = 0;
  std::uint32_t mask = 0;
};

/// Gathers a block's input rows for one tile: out[row, unit, lane] = the plane's value, or 0 where the mask is.
struct PackWork {
  const float* planes = nullptr;  // position 0 of plane 0
  std::size_t plane_stride = 0;   // floats
  const PackedRow* rows = nullptr;
  std::size_t row_count = 0;
  const std::uint16_t* masks = nullptr;  // [mask, unit of the plane]: bit l is lane l
  std::size_t mask_stride = 0;           // units of a plane
  /// Where each position of the output's plane reads in the input's, before the shift. None: at itself.
  const std::int32_t* bases = nullptr;
  std::size_t first_unit = 0;  // of the tile
  std::size_t units = 0;
  float* out = nullptr;
};
using PackFunction = void (*)(const PackWork& work);

/// The one table of kernels: what runs, what tests compare and what benchmarks measure. rows[units] takes tiles of so
/// many units; units up to best_units are worth choosing (more do not fit the registers).
struct Kernels {
  std::array<RowFunction, kMostUnits + 1> rows{};
  PackFunction pack = nullptr;
  /// `rounds` times kIndependentSums independent multiply-adds of a unit in registers: what the processor can do at
  /// most.
  float (*multiply_add_only)(std::size_t rounds) = nullptr;
  std::size_t best_units = 4;
};
const Kernels& kernels(InstructionSet set);

// One source, compiled once for each instruction set.
namespace baseline {
extern const Kernels kKernels;
}
namespace avx2 {
extern const Kernels kKernels;
}
namespace avx512 {
extern const Kernels kKernels;
}

}  // namespace niwaki::sparse
