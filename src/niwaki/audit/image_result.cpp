#include "niwaki/audit/image_result.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "niwaki/core/parallel.hpp"
#include "niwaki/metrics/classification.hpp"

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

/// Counts, for one image after the other, the seeds in which pruning turns a class's call.
class FlipCounter {
 public:
  FlipCounter(const PrunedPair& pair, std::size_t classes) : pair_(pair), lost_(classes), gained_(classes) {
    for (const std::vector<double>* const points : pair.operating_points) {
      std::vector<float>& lowest = lowest_called_.emplace_back();
      std::ranges::transform(*points, std::back_inserter(lowest), lowest_called);
    }
  }

  std::vector<Flip> flips(std::size_t row) {
    const std::size_t classes = lost_.size();
    std::ranges::fill(lost_, 0);
    std::ranges::fill(gained_, 0);
    for (std::size_t seed = 0; seed < pair_.dense.size(); ++seed) {
      const float* const before = pair_.dense[seed].row(row).data();
      const float* const after = pair_.pruned[seed].row(row).data();
      const float* const lowest = lowest_called_[seed].data();
      for (std::size_t column = 0; column < classes; ++column) {
        const int dense = before[column] >= lowest[column] ? 1 : 0;  // none with NaN, so nothing flips there
        const int pruned = after[column] >= lowest[column] ? 1 : 0;
        lost_[column] += dense & ~pruned;
        gained_[column] += pruned & ~dense;
      }
    }
    std::vector<Flip> flips;
    for (std::size_t column = 0; column < classes; ++column) {
      for (const bool lost : {true, false}) {
        const auto seeds = static_cast<std::size_t>(lost ? lost_[column] : gained_[column]);
        if (2 * seeds > pair_.dense.size()) {
          flips.push_back({column, lost, seeds});
        }
      }
    }
    return flips;
  }

 private:
  const PrunedPair& pair_;
  std::vector<std::vector<float>> lowest_called_;  // [seeds][classes]
  std::vector<int> lost_, gained_;                 // seeds, one a class
};

}  // namespace

ImageResult image_result(std::vector<std::vector<double>> correlations, MatrixView<const double> dense,
                         MatrixView<const double> pruned, const PrunedPair& pair) {
  const std::size_t images = dense.rows();
  ImageResult result;
  result.correlations = std::move(correlations);
  result.fallen.resize(images);
  result.largest_fall.resize(images);
  result.flips.resize(images);
  parallel_for((images + kRowsAtOnce - 1) / kRowsAtOnce, [&](std::size_t block) {
    FlipCounter counter(pair, dense.columns());
    for (std::size_t row = block * kRowsAtOnce; row < std::min((block + 1) * kRowsAtOnce, images); ++row) {
      find_largest_fall(dense.row(row), pruned.row(row), result.fallen[row], result.largest_fall[row]);
      result.flips[row] = counter.flips(row);
    }
  });
  return result;
}

}  // namespace niwaki
