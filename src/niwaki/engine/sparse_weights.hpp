#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "niwaki/model/graph.hpp"

namespace niwaki::sparse {

/// Output rows of one block that one call of a kernel takes: they all begin (or not) from their bias, and all end (or
/// not) in this block. Rows of few nonzeros stand first, so that the processor foresees where each ends.
struct RowGroup {
  std::size_t first_row = 0;  // in Weights::rows and ::counts
  std::size_t row_count = 0;
  std::size_t first_value = 0;  // in Weights::values and ::indices
  bool first = false;
  bool last = false;
};

/// At most kBlockRows input rows and the weights on them. An input row k is (channel, tap): k = channel x taps + tap.
struct Block {
  std::vector<std::uint32_t> inputs;          // the input rows, rising
  std::vector<std::vector<RowGroup>> groups;  // [part]
};

/// A convolution's weight as a sparse matrix [out, channels x taps] in the order in which kernels read it: block after
/// block of input rows, and in each the parts (output rows of one thread) one after the other. 5 bytes a nonzero. A
/// grouped convolution is the block-diagonal matrix that it is.
struct Weights {
  std::size_t out = 0;
  std::size_t channels = 0;  // of all groups
  std::size_t taps = 1;      // height x width of a kernel
  std::size_t nonzeros = 0;
  std::size_t parts = 1;
  std::vector<Block> blocks;
  std::vector<std::uint32_t> rows;
  std::vector<std::uint8_t> counts;
  std::vector<float> values;
  std::vector<std::uint8_t> indices;

  [[nodiscard]] std::size_t bytes() const;
};

/// `weight`: [out, channels / groups, height, width]. Output rows are dealt to `parts` parts of about as many nonzeros.
/// `whole_blocks`: a block holds every channel of its range, so that the input need not be packed (1x1 only); else only
/// those that a weight reads.
Weights compress(const Tensor& weight, std::int64_t groups, std::size_t parts, bool whole_blocks);

/// The weight of this shape that was compressed.
Tensor expand(const Weights& weights, const Shape& shape, std::int64_t groups);

}  // namespace niwaki::sparse
