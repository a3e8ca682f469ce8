#include "niwaki/metrics/row_ranks.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/metrics/correlation.hpp"
#include "niwaki/metrics/ranking.hpp"

namespace niwaki {
namespace {

struct Table {
  std::size_t rows;
  std::size_t columns;
  std::vector<double> values;
  [[nodiscard]] MatrixView<const double> view() const { return {values.data(), rows, columns}; }
};

/// `levels` small: most values of a row are tied, and some rows are constant.
Table draw(std::size_t rows, std::size_t columns, std::uint64_t levels, RandomStream& random) {
  Table table{rows, columns, {}};
  for (std::size_t i = 0; i < rows * columns; ++i) {
    table.values.push_back(static_cast<double>(random.below(levels)) / 3.0 - 1.0);
  }
  return table;
}

void expect_spearman(double found, std::span<const double> x, std::span<const double> y) {
  const std::optional<double> wanted = spearman(x, y);
  if (wanted) {
    EXPECT_EQ(found, *wanted);  // to the bit
  } else {
    EXPECT_TRUE(std::isnan(found));
  }
}

TEST(RowRanks, correlate_as_spearman_does_to_the_bit) {
  RandomStream random(3, "row-ranks", {});
  for (const std::size_t columns : {1, 2, 3, 14, 40, 64, 65, 100}) {
    for (const std::uint64_t levels : {2, 5, 1'000'000}) {
      const Table x = draw(101, columns, levels, random);
      const Table y = draw(101, columns, levels, random);
      for (const InstructionSet set : instruction_sets_here()) {
        SCOPED_TRACE(fmt::format("{} columns, {} levels, {}", columns, levels, instruction_set_name(set)));
        const RowRanks ranks(x.view(), set);
        const std::vector<double> found = ranks.spearman(RowRanks(y.view(), set), set);
        const std::vector<double> last =
            ranks.spearman(RowRanks(MatrixView<const double>(y.view().row(100), 1, columns), set), set);
        for (std::size_t row = 0; row < 101; ++row) {
          expect_spearman(found[row], x.view().row(row), y.view().row(row));
          expect_spearman(last[row], x.view().row(row), y.view().row(100));
        }
      }
    }
  }
}

TEST(RowRanks, of_floats_are_those_of_the_same_doubles) {
  RandomStream random(4, "row-ranks", {});
  const Table table = draw(20, 14, 9, random);
  const std::vector<float> narrow(table.values.begin(), table.values.end());
  const RowRanks floats(MatrixView<const float>(narrow.data(), 20, 14));
  for (const double correlation : floats.spearman(RowRanks(table.view()))) {
    EXPECT_EQ(correlation, 1.0);
  }
}

TEST(RowRanks, sum_to_the_average_ranks_summed) {
  RandomStream random(5, "row-ranks", {});
  for (const std::size_t columns : {14, 80}) {
    const Table table = draw(37, columns, 6, random);
    std::vector<double> wanted(columns);
    for (std::size_t row = 0; row < table.rows; ++row) {
      const std::vector<double> ranks = average_ranks(table.view().row(row));
      for (std::size_t column = 0; column < columns; ++column) {
        wanted[column] += ranks[column];
      }
    }
    EXPECT_EQ(RowRanks(table.view()).rank_sums(), wanted);
  }
}

TEST(RowRanks, of_other_shapes_do_not_go_together) {
  const std::vector<double> values(12);
  const auto ranks = [&](std::size_t rows, std::size_t columns) {
    return RowRanks(MatrixView<const double>(values.data(), rows, columns));
  };
  EXPECT_THROW((void)ranks(3, 4).spearman(ranks(4, 3)), BrokenInvariant);
  EXPECT_THROW((void)ranks(3, 4).spearman(ranks(2, 4)), BrokenInvariant);
}

}  // namespace
}  // namespace niwaki
