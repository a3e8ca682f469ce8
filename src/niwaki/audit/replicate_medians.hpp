#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "niwaki/audit/method_figures.hpp"

namespace niwaki {

/// What of a network is resampled.
using ReplicateFigure = std::vector<float> Replicates::*;

/// The replicates of one row (a class, or the mean over classes) of one method's tables, summarised over seeds as the
/// figures themselves are.
class ReplicateRow {
 public:
  /// Keeps a reference. `row`: a column of the cohort, or the number of classes for the mean over them.
  ReplicateRow(const MethodFigures& figures, std::size_t row, ReplicateFigure figure, std::size_t resamples)
      : figures_(figures), row_(row), figure_(figure), resamples_(resamples) {}

  /// At sparsities()[step]: summary(one value a seed), one a resample; NaN where a seed has none.
  template <typename Summary>
  [[nodiscard]] std::vector<double> values(std::size_t step, const Summary& summary) const {
    return summarised([&](std::size_t seed, std::size_t resample) { return at(step, seed, resample); }, summary);
  }

  /// Of change(pruned, dense) at every sparsity above 0: [sparsities - 1, resamples] row-major.
  template <typename Change, typename Summary>
  [[nodiscard]] std::vector<double> changes(const Change& change, const Summary& summary) const {
    std::vector<double> all;
    all.reserve((figures_.sparsities().size() - 1) * resamples_);
    for (std::size_t step = 1; step < figures_.sparsities().size(); ++step) {
      const std::vector<double> here =
          summarised([&](std::size_t seed,
                         std::size_t resample) { return change(at(step, seed, resample), at(0, seed, resample)); },
                     summary);
      all.insert(all.end(), here.begin(), here.end());
    }
    return all;
  }

 private:
  [[nodiscard]] double at(std::size_t step, std::size_t seed, std::size_t resample) const {
    return static_cast<double>((figures_.unit(step, seed).replicates.*figure_)[row_ * resamples_ + resample]);
  }

  template <typename Value, typename Summary>
  [[nodiscard]] std::vector<double> summarised(const Value& value, const Summary& summary) const {
    std::vector<double> result(resamples_);
    std::vector<double> seeds(figures_.seeds());
    for (std::size_t resample = 0; resample < resamples_; ++resample) {
      bool whole = true;
      for (std::size_t seed = 0; seed < seeds.size(); ++seed) {
        seeds[seed] = value(seed, resample);
        whole = whole && !std::isnan(seeds[seed]);
      }
      result[resample] = whole ? summary(seeds) : std::numeric_limits<double>::quiet_NaN();
    }
    return result;
  }

  const MethodFigures& figures_;
  std::size_t row_;
  ReplicateFigure figure_;
  std::size_t resamples_;
};

/// The middle value, or the mean of the two middle ones, as metrics/quantile.hpp has it; reorders `values`.
inline double median_in_place(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) {
    return *middle;
  }
  const double below = *std::max_element(values.begin(), middle);
  return std::lerp(below, *middle, 0.5);
}

}  // namespace niwaki
