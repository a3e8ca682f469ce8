#include "niwaki/audit/image_result.hpp"

#include <algorithm>
#include <cmath>

#include "niwaki/core/parallel.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kRowsAtOnce = 512;

void find_largest_fall(std::span<const double> dense, std::span<const double> pruned, std::size_t& fallen,
                       double& largest_fall) {
  fallen = 0;
  largest_fall = dense[0] - pruned[0];
  for (std::size_t column = 1; column < dense.size(); ++column) {
    if (dense[column] - pruned[column] > largest_fall) {
      fallen = column;
      largest_fall = dense[column] - pruned[column];
    }
  }
}

/// A comparison with NaN (no operating point) is false, so nothing flips there.
std::vector<Flip> flips_of(const PrunedPair& pair, std::size_t row, std::size_t classes) {
  std::vector<Flip> flips;
  for (std::size_t column = 0; column < classes; ++column) {
    Flip lost{column, true, 0};
    Flip gained{column, false, 0};
    for (std::size_t seed = 0; seed < pair.dense.size(); ++seed) {
      const double threshold = (*pair.operating_points[seed])[column];
      const bool before = static_cast<double>(pair.dense[seed](row, column)) >= threshold;
      const bool after = static_cast<double>(pair.pruned[seed](row, column)) >= threshold;
      lost.seeds += before && !after ? 1 : 0;
      gained.seeds += after && !before ? 1 : 0;
    }
    for (const Flip& flip : {lost, gained}) {
      if (2 * flip.seeds > pair.dense.size()) {
        flips.push_back(flip);
      }
    }
  }
  return flips;
}

/// Calls work(row) for every row, many in each turn of parallel_for.
template <typename Work>
void for_rows(std::size_t rows, const Work& work) {
  parallel_for((rows + kRowsAtOnce - 1) / kRowsAtOnce, [&](std::size_t block) {
    for (std::size_t row = block * kRowsAtOnce; row < std::min((block + 1) * kRowsAtOnce, rows); ++row) {
      work(row);
    }
  });
}

/// [images, sparsities]
std::vector<Figure> by_image(const std::vector<std::span<const double>>& correlations, std::size_t images) {
  const std::size_t steps = correlations.size();
  std::vector<Figure> result(images * steps);
  for_rows(images, [&](std::size_t row) {
    for (std::size_t step = 0; step < steps; ++step) {
      const double here = correlations[step][row];
      result[row * steps + step] = std::isnan(here) ? Figure{} : here;
    }
  });
  return result;
}

}  // namespace

ImageResult image_result(const std::vector<std::span<const double>>& correlations, MatrixView<const double> dense,
                         MatrixView<const double> pruned, const PrunedPair& pair) {
  const std::size_t images = dense.rows();
  ImageResult result;
  result.correlations = by_image(correlations, images);
  result.fallen.resize(images);
  result.largest_fall.resize(images);
  result.flips.resize(images);
  for_rows(images, [&](std::size_t row) {
    find_largest_fall(dense.row(row), pruned.row(row), result.fallen[row], result.largest_fall[row]);
    result.flips[row] = flips_of(pair, row, dense.columns());
  });
  return result;
}

}  // namespace niwaki
