#include "niwaki/engine/sparse_weights.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "niwaki/core/error.hpp"
#include "niwaki/engine/sparse_kernel.hpp"

namespace niwaki::sparse {
namespace {

struct Nonzero {
  std::uint32_t input;
  float value;
};
using Rows = std::vector<std::vector<Nonzero>>;

Rows nonzeros_by_row(const Tensor& weight, std::int64_t groups) {
  const auto out = static_cast<std::size_t>(weight.shape[0]);
  const std::size_t each = weight.size() / out;  // weights of a row
  const std::size_t out_of_group = out / static_cast<std::size_t>(groups);
  Rows rows(out);
  for (std::size_t row = 0; row < out; ++row) {
    const std::size_t first_input = row / out_of_group * each;
    for (std::size_t i = 0; i < each; ++i) {
      const float value = weight.values[row * each + i];
      if (value != 0) {
        rows[row].push_back({static_cast<std::uint32_t>(first_input + i), value});
      }
    }
  }
  return rows;
}

/// The first row of each part, and the end.
std::vector<std::size_t> parts_of(const Rows& rows, std::size_t nonzeros, std::size_t parts) {
  std::vector<std::size_t> begins = {0};
  std::size_t passed = 0;
  for (std::size_t row = 0; row < rows.size() && begins.size() < parts; ++row) {
    passed += rows[row].size();
    const double share =
        static_cast<double>(nonzeros) * static_cast<double>(begins.size()) / static_cast<double>(parts);
    if (static_cast<double>(passed) >= share) {
      begins.push_back(row + 1);
    }
  }
  begins.resize(parts, rows.size());
  begins.push_back(rows.size());
  return begins;
}

std::vector<std::uint32_t> inputs_of(const Rows& rows, std::size_t inputs, bool every) {
  std::vector<bool> read(inputs, every);
  for (const std::vector<Nonzero>& row : rows) {
    for (const Nonzero& nonzero : row) {
      read[nonzero.input] = true;
    }
  }
  std::vector<std::uint32_t> used;
  for (std::size_t input = 0; input < inputs; ++input) {
    if (read[input]) {
      used.push_back(static_cast<std::uint32_t>(input));
    }
  }
  return used;
}

/// Writes the blocks one after the other, and remembers how far each row has come.
class Compressor {
 public:
  Compressor(Weights& weights, const Rows& rows, std::vector<std::size_t> part_begins)
      : weights_(weights), rows_(rows), part_begins_(std::move(part_begins)), next_(rows.size(), 0) {}

  void add_block(std::vector<std::uint32_t> inputs) {
    Block block{.inputs = std::move(inputs), .groups = {}};
    for (std::size_t part = 0; part + 1 < part_begins_.size(); ++part) {
      block.groups.push_back(groups_of_part(block, part_begins_[part], part_begins_[part + 1]));
    }
    weights_.blocks.push_back(std::move(block));
  }

 private:
  struct Entry {
    std::size_t row;
    std::size_t count;
    bool first;
    bool last;

    [[nodiscard]] auto order() const { return std::tuple(first, last, count, row); }
  };

  std::vector<RowGroup> groups_of_part(const Block& block, std::size_t begin, std::size_t end) {
    std::vector<Entry> entries;
    for (std::size_t row = begin; row < end; ++row) {
      const std::vector<Nonzero>& all = rows_[row];
      std::size_t stop = next_[row];
      while (stop < all.size() && !block.inputs.empty() && all[stop].input <= block.inputs.back()) {
        ++stop;
      }
      const bool empty = all.empty() && weights_.blocks.empty();  // a row of zeros is its bias, from the first block
      if (stop > next_[row] || empty) {
        entries.push_back({row, stop - next_[row], next_[row] == 0, stop == all.size()});
      }
    }
    std::ranges::sort(entries, {}, &Entry::order);
    std::vector<RowGroup> groups;
    for (const Entry& entry : entries) {
      if (groups.empty() || groups.back().first != entry.first || groups.back().last != entry.last) {
        groups.push_back({.first_row = weights_.rows.size(),
                          .first_value = weights_.values.size(),
                          .first = entry.first,
                          .last = entry.last});
      }
      ++groups.back().row_count;
      append(block, entry);
    }
    return groups;
  }

  void append(const Block& block, const Entry& entry) {
    weights_.rows.push_back(static_cast<std::uint32_t>(entry.row));
    weights_.counts.push_back(static_cast<std::uint8_t>(entry.count));
    for (std::size_t i = 0; i < entry.count; ++i) {
      const Nonzero& nonzero = rows_[entry.row][next_[entry.row]++];
      const auto at = std::ranges::lower_bound(block.inputs, nonzero.input) - block.inputs.begin();
      weights_.values.push_back(nonzero.value);
      weights_.indices.push_back(static_cast<std::uint8_t>(at));
    }
  }

  Weights& weights_;
  const Rows& rows_;
  std::vector<std::size_t> part_begins_;
  std::vector<std::size_t> next_;  // of each row, the first nonzero that no block has yet
};

}  // namespace

Weights compress(const Tensor& weight, std::int64_t groups, std::size_t parts, bool whole_blocks) {
  NIWAKI_CHECK(weight.shape.size() == 4 && weight.size() > 0, "a weight of {} dimensions", weight.shape.size());
  const Rows rows = nonzeros_by_row(weight, groups);
  Weights weights{.out = rows.size(),
                  .channels = static_cast<std::size_t>(weight.shape[1] * groups),
                  .taps = static_cast<std::size_t>(weight.shape[2] * weight.shape[3]),
                  .parts = parts};
  for (const std::vector<Nonzero>& row : rows) {
    weights.nonzeros += row.size();
  }
  weights.values.reserve(weights.nonzeros);
  weights.indices.reserve(weights.nonzeros);
  const std::vector<std::uint32_t> inputs = inputs_of(rows, weights.channels * weights.taps, whole_blocks);
  Compressor compressor(weights, rows, parts_of(rows, weights.nonzeros, parts));
  for (std::size_t begin = 0; begin == 0 || begin < inputs.size(); begin += kBlockRows) {
    const std::size_t end = std::min(begin + kBlockRows, inputs.size());
    compressor.add_block(
        {inputs.begin() + static_cast<std::ptrdiff_t>(begin), inputs.begin() + static_cast<std::ptrdiff_t>(end)});
  }
  return weights;
}

Tensor expand(const Weights& weights, const Shape& shape, std::int64_t groups) {
  const std::size_t out_of_group = weights.out / static_cast<std::size_t>(groups);
  const auto each = static_cast<std::size_t>(shape[1] * shape[2] * shape[3]);
  Tensor tensor{shape, std::vector<float>(weights.out * each, 0.0F)};
  for (const Block& block : weights.blocks) {
    for (const std::vector<RowGroup>& part : block.groups) {
      for (const RowGroup& group : part) {
        std::size_t value = group.first_value;
        for (std::size_t i = group.first_row; i < group.first_row + group.row_count; ++i) {
          const std::size_t row = weights.rows[i];
          for (const std::size_t end = value + weights.counts[i]; value < end; ++value) {
            const std::size_t input = block.inputs[weights.indices[value]] - row / out_of_group * each;
            tensor.values[row * each + input] = weights.values[value];
          }
        }
      }
    }
  }
  return tensor;
}

std::size_t Weights::bytes() const {
  std::size_t bytes = values.size() * sizeof(float) + indices.size() + counts.size() + rows.size() * sizeof(rows[0]);
  for (const Block& block : blocks) {
    bytes += block.inputs.size() * sizeof(block.inputs[0]);
  }
  return bytes;
}

}  // namespace niwaki::sparse
