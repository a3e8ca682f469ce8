#include "niwaki/budget/refinement.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "niwaki/budget/allocation.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

constexpr int kTries = 8;              // choices of moves in a round
constexpr double kLeastGain = 0.01;    // of the worst class's loss, below which a round ends the search
constexpr double kTimeMargin = 0.995;  // of the time that may be taken, after a choice that was too slow

/// Levels that each layer may move to: its own first, then those beside it.
std::vector<std::vector<std::size_t>> neighbours(const std::vector<std::size_t>& levels,
                                                 const std::vector<std::vector<double>>& seconds) {
  std::vector<std::vector<std::size_t>> result;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    std::vector<std::size_t>& of_layer = result.emplace_back(1, levels[i]);
    if (levels[i] > 0) {
      of_layer.push_back(levels[i] - 1);
    }
    if (levels[i] + 1 < seconds[i].size()) {
      of_layer.push_back(levels[i] + 1);
    }
  }
  return result;
}

/// One round: what each move costs each class, and the choice among them.
class Moves {
 public:
  Moves(const Measured& from, const std::vector<std::vector<double>>& seconds, const NetworkMeters& meters)
      : from_(from), choices_(neighbours(from.levels, seconds)) {
    for (std::size_t i = 0; i < choices_.size(); ++i) {
      LayerLevels& layer = layers_.emplace_back();
      for (const std::size_t level : choices_[i]) {
        std::vector<std::size_t> levels = from.levels;
        levels[i] = level;
        std::vector<double> change = level == from.levels[i] ? from.losses : meters.losses(levels);
        std::ranges::transform(change, from.losses, change.begin(), std::minus<>());
        layer.losses.push_back(std::move(change));
        layer.seconds.push_back(seconds[i][level]);
      }
      seconds_ += seconds[i][from.levels[i]];
    }
  }

  /// `time`: in units of what the layers take now. `penalty`: what each move costs every class beside what was
  /// measured.
  [[nodiscard]] std::optional<std::vector<std::size_t>> best(double time, double penalty) const {
    const std::optional<Allocation> found = allocate(without_negatives(penalty), time * seconds_);
    if (!found) {
      return {};
    }
    std::vector<std::size_t> levels;
    for (std::size_t i = 0; i < choices_.size(); ++i) {
      levels.push_back(choices_[i][found->levels[i]]);
    }
    return levels;
  }

  [[nodiscard]] std::size_t moved(const std::vector<std::size_t>& levels) const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < levels.size(); ++i) {
      count += levels[i] != from_.levels[i] ? 1 : 0;
    }
    return count;
  }

 private:
  /// allocate() takes no losses below 0: each layer's are raised by its least, class by class, and one more "layer" of
  /// a single level has what is then lacking, raised in turn by the same for all classes.
  [[nodiscard]] std::vector<LayerLevels> without_negatives(double penalty) const {
    std::vector<LayerLevels> result = layers_;
    std::vector<double> rest = from_.losses;
    for (LayerLevels& layer : result) {
      for (std::size_t c = 0; c < rest.size(); ++c) {
        for (std::size_t level = 1; level < layer.losses.size(); ++level) {
          layer.losses[level][c] += penalty;
        }
        double least = 0;
        for (const std::vector<double>& losses : layer.losses) {
          least = std::min(least, losses[c]);
        }
        for (std::vector<double>& losses : layer.losses) {
          losses[c] -= least;
        }
        rest[c] += least;
      }
    }
    const double raise = std::max(0.0, -*std::ranges::min_element(rest));
    for (double& loss : rest) {
      loss += raise;
    }
    result.push_back({.seconds = {0.0}, .losses = {rest}});
    return result;
  }

  const Measured& from_;
  std::vector<std::vector<std::size_t>> choices_;  // [layer], its own level first
  std::vector<LayerLevels> layers_;                // changes of losses
  double seconds_ = 0;
};

std::optional<Measured> improved(const Measured& from, const std::vector<std::vector<double>>& seconds, double speedup,
                                 const NetworkMeters& meters) {
  const Moves moves(from, seconds, meters);
  double time = from.speedup / speedup;
  double penalty = 0;
  for (int i = 0; i < kTries; ++i) {
    const std::optional<std::vector<std::size_t>> levels = moves.best(time, penalty);
    if (!levels || *levels == from.levels) {
      return {};
    }
    Measured found{.levels = *levels, .losses = meters.losses(*levels), .speedup = 0};
    const double excess = found.worst() - from.worst();
    if (excess >= 0) {
      const double each = excess / static_cast<double>(moves.moved(*levels));
      penalty = std::max({2 * penalty, each, kLeastGain * from.worst()});
      continue;
    }
    found.speedup = meters.speedup(*levels);
    if (found.speedup >= speedup) {
      return found;
    }
    time *= kTimeMargin * found.speedup / speedup;
  }
  return {};
}

}  // namespace

double Measured::worst() const {
  return losses.empty() ? 0 : *std::ranges::max_element(losses);
}

Measured refine(Measured start, const std::vector<std::vector<double>>& seconds, double speedup,
                const NetworkMeters& meters) {
  NIWAKI_CHECK(start.levels.size() == seconds.size(), "{} layers, {} of seconds", start.levels.size(), seconds.size());
  for (int round = 0; round < kRefinementRounds; ++round) {
    std::optional<Measured> better = improved(start, seconds, speedup, meters);
    if (!better) {
      break;
    }
    const bool enough = better->worst() > (1 - kLeastGain) * start.worst();
    start = *std::move(better);
    if (enough) {
      break;
    }
  }
  return start;
}

}  // namespace niwaki
