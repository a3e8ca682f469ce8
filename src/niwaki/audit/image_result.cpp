#include "niwaki/audit/image_result.hpp"

#include <algorithm>
#include <cmath>

#include "niwaki/core/parallel.hpp"
#include "niwaki/metrics/row_ranks.hpp"

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

std::vector<Figure> correlations_of(const std::vector<MatrixView<const double>>& averages) {
  const std::size_t steps = averages.size() - 1;
  const RowRanks dense(averages.front());
  std::vector<Figure> correlations(dense.rows() * steps);
  for (std::size_t step = 0; step < steps; ++step) {
    const std::vector<double> here = dense.spearman(RowRanks(averages[step + 1]));
    for (std::size_t row = 0; row < here.size(); ++row) {
      correlations[row * steps + step] = std::isnan(here[row]) ? Figure{} : here[row];
    }
  }
  return correlations;
}

}  // namespace

ImageResult image_result(const std::vector<MatrixView<const double>>& averages, std::size_t exemplar_step,
                         const PrunedPair& pair) {
  const MatrixView<const double> dense = averages.front();
  const MatrixView<const double> pruned = averages[exemplar_step];
  const std::size_t images = dense.rows();
  ImageResult result;
  result.correlations = correlations_of(averages);
  result.fallen.resize(images);
  result.largest_fall.resize(images);
  result.flips.resize(images);
  parallel_for((images + kRowsAtOnce - 1) / kRowsAtOnce, [&](std::size_t block) {
    for (std::size_t row = block * kRowsAtOnce; row < std::min((block + 1) * kRowsAtOnce, images); ++row) {
      find_largest_fall(dense.row(row), pruned.row(row), result.fallen[row], result.largest_fall[row]);
      result.flips[row] = flips_of(pair, row, dense.columns());
    }
  });
  return result;
}

}  // namespace niwaki
