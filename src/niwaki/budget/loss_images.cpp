#include "niwaki/budget/loss_images.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <span>

#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

/// The rows of each stratum.
std::vector<std::vector<std::size_t>> strata_of(MatrixView<const Label> labels) {
  std::vector<std::size_t> positives(labels.columns(), 0);
  for (std::size_t row = 0; row < labels.rows(); ++row) {
    for (std::size_t c = 0; c < labels.columns(); ++c) {
      positives[c] += labels(row, c) == Label::kPositive ? 1 : 0;
    }
  }
  std::vector<std::vector<std::size_t>> strata(labels.columns() + 1);
  for (std::size_t row = 0; row < labels.rows(); ++row) {
    std::size_t rarest = labels.columns();
    for (std::size_t c = 0; c < labels.columns(); ++c) {
      if (labels(row, c) == Label::kPositive && (rarest == labels.columns() || positives[c] < positives[rarest])) {
        rarest = c;
      }
    }
    strata[rarest].push_back(row);
  }
  return strata;
}

/// The largest number that may be taken of each stratum; at least 1.
std::size_t most_of_each(const std::vector<std::vector<std::size_t>>& strata, std::size_t images) {
  std::size_t most = 1;
  const auto taken = [&](std::size_t limit) {
    std::size_t sum = 0;
    for (const std::vector<std::size_t>& stratum : strata) {
      sum += std::min(limit, stratum.size());
    }
    return sum;
  };
  for (std::size_t step = std::bit_floor(std::max<std::size_t>(images, 1)); step > 0; step /= 2) {
    most += taken(most + step) <= images ? step : 0;
  }
  return most;
}

}  // namespace

LossImages loss_images(MatrixView<const Label> labels, std::size_t images, std::uint64_t seed) {
  std::vector<std::vector<std::size_t>> strata = strata_of(labels);
  const std::size_t most = most_of_each(strata, images);
  RandomStream random(seed, "prune/loss-images");
  std::map<std::size_t, double> weights;
  for (std::vector<std::size_t>& stratum : strata) {
    random.shuffle(std::span(stratum));
    const std::size_t drawn = std::min(most, stratum.size());
    for (std::size_t i = 0; i < drawn; ++i) {
      weights[stratum[i]] = static_cast<double>(stratum.size()) / static_cast<double>(drawn);
    }
  }
  LossImages result;
  for (const auto& [row, weight] : weights) {
    result.rows.push_back(row);
    result.weights.push_back(weight);
  }
  return result;
}

}  // namespace niwaki
