#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "niwaki/core/instruction_set.hpp"
#include "niwaki/engine/planes.hpp"
#include "niwaki/engine/sparse_kernel.hpp"
#include "niwaki/engine/sparse_weights.hpp"
#include "niwaki/model/graph.hpp"

namespace niwaki::sparse {

/// A value in planes, or nothing.
struct PlanesInput {
  const float* data = nullptr;
  std::size_t stride = 0;
};

/// out = activation(weight * in + bias + residual), by kernels that touch only nonzero weights. A tile of the output is
/// a run of positions of all its planes. Where the weight is 1x1 the tile's input is read where it lies; otherwise each
/// block's input rows (channel and tap) are packed side by side first, in the first-level cache, so that every read of
/// the many that follow is aligned. Strides are taken away before: the input is dealt into one plane for each phase of
/// the stride. Safe to run from several threads at once.
class Convolution {
 public:
  struct Options {
    std::size_t threads = 1;
    InstructionSet set = InstructionSet::kBaseline;
    std::size_t units = 0;  // of a tile; 0: what the kernels are best at
  };

  /// `kernel`: height and width. The shapes fit (infer_shapes).
  Convolution(std::shared_ptr<const Weights> weights, std::vector<float> bias, const niwaki::Convolution& geometry,
              std::array<std::int64_t, 2> kernel, const Activation& activation, const Planes& in, const Planes& out,
              const Options& options);

  /// Floats that run() wants at `scratch`, 64-byte aligned.
  [[nodiscard]] std::size_t scratch_floats() const;

  /// `residual` may be `out` itself.
  void run(PlanesInput in, float* out, std::size_t out_stride, PlanesInput residual, float* scratch) const;

 private:
  /// Where a tap reads: a phase of the stride, and how far from the output's position.
  struct Tap {
    std::size_t phase = 0;  // in phases_
    std::int64_t y = 0;
    std::int64_t x = 0;
  };
  struct Phase {
    std::int64_t y = 0;
    std::int64_t x = 0;
    bool operator==(const Phase&) const = default;
  };
  struct Call {
    PlanesInput in;
    float* out;
    std::size_t out_stride;
    PlanesInput residual;
  };

  void find_taps(std::array<std::int64_t, 2> kernel);
  [[nodiscard]] bool phases_fit() const;
  void plan_bases(std::array<std::int64_t, 2> kernel);
  void plan_masks();
  void plan_rows();
  [[nodiscard]] std::array<std::int64_t, 2> phase_size(const Phase& phase) const;
  void stage(PlanesInput in, float* scratch) const;
  void stage_rows(const float* from, const Phase& phase, std::size_t share, float* to) const;
  struct Tile {
    std::size_t first_unit = 0;
    std::size_t units = 0;
    bool next_follows = false;  // the same thread takes the next one
    std::size_t first_part = 0;
    std::size_t end_part = 0;
  };
  void plan_tiles(std::size_t threads, std::size_t most_units);
  void run_tile(const Call& call, const Tile& tile) const;
  void run_group(const RowGroup& group, RowWork work, const Call& call, std::size_t first_position,
                 std::size_t units) const;

  std::shared_ptr<const Weights> weights_;
  std::vector<float> bias_;
  niwaki::Convolution geometry_;
  Activation activation_;
  Planes in_;
  Planes out_;
  const Kernels& kernels_;
  bool staged_ = false;           // the input is dealt into phases first
  bool direct_ = false;           // the input is read where it lies
  Planes stage_;                  // of the phases
  std::size_t stage_shares_ = 1;  // of its rows, one a thread
  std::vector<Phase> phases_;
  std::vector<Tap> taps_;
  std::vector<std::int32_t> bases_;
  std::vector<std::uint16_t> masks_;          // [tap, unit]
  std::vector<std::vector<PackedRow>> rows_;  // of each block
  std::vector<Tile> tiles_;
  std::vector<std::size_t> begins_;  // of each thread's tiles
};

}  // namespace niwaki::sparse
