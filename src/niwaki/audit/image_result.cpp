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
  FlipCounter(const SeedCalls& calls, std::size_t classes) : calls_(calls), lost_(classes), gained_(classes) {}

  std::vector<Flip> flips(std::size_t row) {
    const std::size_t classes = lost_.size();
    std::ranges::fill(lost_, 0);
    std::ranges::fill(gained_, 0);
    for (std::size_t seed = 0; seed < calls_.dense.size(); ++seed) {
      const std::uint8_t* const before = calls_.dense[seed].data() + row * classes;
      const std::uint8_t* const after = calls_.pruned[seed].data() + row * classes;
      for (std::size_t column = 0; column < classes; ++column) {
        lost_[column] += before[column] & ~after[column];
        gained_[column] += after[column] & ~before[column];
      }
    }
    std::vector<Flip> flips;
    for (std::size_t column = 0; column < classes; ++column) {
      for (const bool lost : {true, false}) {
        const auto seeds = static_cast<std::size_t>(lost ? lost_[column] : gained_[column]);
        if (2 * seeds > calls_.dense.size()) {
          flips.push_back({column, lost, seeds});
        }
      }
    }
    return flips;
  }

 private:
  const SeedCalls& calls_;
  std::vector<int> lost_, gained_;  // seeds, one a class
};

}  // namespace

std::vector<std::uint8_t> calls(MatrixView<const float> scores, std::span<const double> operating_points) {
  std::vector<float> lowest;
  std::ranges::transform(operating_points, std::back_inserter(lowest), lowest_called);
  std::vector<std::uint8_t> called(scores.size());
  for (std::size_t row = 0; row < scores.rows(); ++row) {
    const float* const here = scores.row(row).data();
    std::uint8_t* const to = called.data() + row * scores.columns();
    for (std::size_t column = 0; column < scores.columns(); ++column) {
      to[column] = here[column] >= lowest[column] ? 1 : 0;
    }
  }
  return called;
}

ImageResult image_result(std::vector<std::vector<double>> correlations, MatrixView<const double> dense,
                         MatrixView<const double> pruned, const SeedCalls& calls) {
  const std::size_t images = dense.rows();
  ImageResult result;
  result.correlations = std::move(correlations);
  result.fallen.resize(images);
  result.largest_fall.resize(images);
  result.flips.resize(images);
  parallel_for((images + kRowsAtOnce - 1) / kRowsAtOnce, [&](std::size_t block) {
    FlipCounter counter(calls, dense.columns());
    for (std::size_t row = block * kRowsAtOnce; row < std::min((block + 1) * kRowsAtOnce, images); ++row) {
      find_largest_fall(dense.row(row), pruned.row(row), result.fallen[row], result.largest_fall[row]);
      result.flips[row] = counter.flips(row);
    }
  });
  return result;
}

}  // namespace niwaki
