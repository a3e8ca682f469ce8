#include "niwaki/metrics/row_ranks.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/metrics/ranking.hpp"
#include "niwaki/metrics/row_ranks_kernel.hpp"

namespace niwaki {
namespace {

using row_ranks::kMostCompared;

constexpr std::size_t kBlocksAtOnce = 128;

const row_ranks::Kernel& kernel_for(InstructionSet set) {
  return kernel_of(set, row_ranks::baseline::kKernel, row_ranks::avx2::kKernel, row_ranks::avx512::kKernel);
}

/// Calls work(block) for every block, many at once in each turn of parallel_for.
template <typename Work>
void for_blocks(std::size_t blocks, const Work& work) {
  parallel_for((blocks + kBlocksAtOnce - 1) / kBlocksAtOnce, [&](std::size_t turn) {
    const std::size_t end = std::min((turn + 1) * kBlocksAtOnce, blocks);
    for (std::size_t block = turn * kBlocksAtOnce; block < end; ++block) {
      work(block);
    }
  });
}

}  // namespace

RowRanks::RowRanks(MatrixView<const double> table, InstructionSet set)
    : rows_(table.rows()), columns_(table.columns()) {
  rank_rows(table, set);
}

RowRanks::RowRanks(MatrixView<const float> table, InstructionSet set) : rows_(table.rows()), columns_(table.columns()) {
  rank_rows(table, set);
}

template <typename T>
void RowRanks::rank_rows(MatrixView<const T> table, InstructionSet set) {
  static_assert(kLanes == row_ranks::kLanes);
  NIWAKI_CHECK(columns_ <= std::numeric_limits<std::int16_t>::max(), "{} columns to rank", columns_);
  ranks_.resize(blocks() * columns_ * kLanes);
  squares_.resize(blocks() * kLanes);
  const row_ranks::Kernel& kernel = kernel_for(set);
  for_blocks(blocks(), [&](std::size_t block) {
    const std::size_t begin = block * kLanes;
    const std::size_t count = std::min(kLanes, rows_ - begin);
    std::int16_t* ranks = ranks_.data() + begin * columns_;
    if (columns_ <= kMostCompared) {
      std::array<double, kMostCompared * kLanes> values{};
      for (std::size_t lane = 0; lane < count; ++lane) {
        const T* row = table.data() + (begin + lane) * columns_;
        for (std::size_t column = 0; column < columns_; ++column) {
          values[column * kLanes + lane] = row[column];
        }
      }
      kernel.rank_block(values.data(), columns_, ranks);
    } else {
      for (std::size_t lane = 0; lane < count; ++lane) {
        rank_by_sorting(table, begin + lane);
      }
    }
    kernel.multiply_block(ranks, ranks, columns_, squares_.data() + begin);
  });
}

template <typename T>
void RowRanks::rank_by_sorting(MatrixView<const T> table, std::size_t row) {
  const std::vector<double> values(table.row(row).begin(), table.row(row).end());
  const std::vector<double> ranks = average_ranks(values);
  for (std::size_t column = 0; column < columns_; ++column) {
    rank(row, column) = static_cast<std::int16_t>(2.0 * ranks[column] - static_cast<double>(columns_ + 1));
  }
}

std::vector<double> RowRanks::rank_sums() const {
  std::vector<double> sums(columns_);
  for (std::size_t column = 0; column < columns_; ++column) {
    std::int64_t doubled = 0;
    for (std::size_t block = 0; block < blocks(); ++block) {
      const std::int16_t* ranks = ranks_.data() + (block * columns_ + column) * kLanes;
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        doubled += ranks[lane];
      }
    }
    const auto centre = static_cast<std::int64_t>(rows_ * (columns_ + 1));
    sums[column] = 0.5 * static_cast<double>(doubled + centre);
  }
  return sums;
}

std::vector<std::int16_t> RowRanks::repeated() const {
  std::vector<std::int16_t> block(columns_ * kLanes);
  for (std::size_t column = 0; column < columns_; ++column) {
    std::fill_n(block.begin() + static_cast<std::ptrdiff_t>(column * kLanes), kLanes, ranks_[column * kLanes]);
  }
  return block;
}

std::vector<double> RowRanks::spearman(const RowRanks& other, InstructionSet set) const {
  NIWAKI_CHECK(columns_ == other.columns_ && (rows_ == other.rows_ || other.rows_ == 1), "{} x {} against {} x {}",
               rows_, columns_, other.rows_, other.columns_);
  const row_ranks::Kernel& kernel = kernel_for(set);
  const bool one = other.rows_ == 1;
  const std::vector<std::int16_t> only = one ? other.repeated() : std::vector<std::int16_t>();
  std::vector<double> correlations(rows_);
  for_blocks(blocks(), [&](std::size_t block) {
    const std::size_t begin = block * kLanes;
    std::array<double, kLanes> products{};
    kernel.multiply_block(ranks_.data() + begin * columns_, one ? only.data() : other.ranks_.data() + begin * columns_,
                          columns_, products.data());
    for (std::size_t lane = 0; lane < std::min(kLanes, rows_ - begin); ++lane) {
      // As pearson() has it. Ranks are doubled here, which cancels without rounding.
      const double squares = squares_[begin + lane] * other.squares_[one ? 0 : begin + lane];
      correlations[begin + lane] = squares == 0.0 ? std::numeric_limits<double>::quiet_NaN()
                                                  : std::clamp(products[lane] / std::sqrt(squares), -1.0, 1.0);
    }
  });
  return correlations;
}

}  // namespace niwaki
