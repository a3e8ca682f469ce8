#include "niwaki/budget/budget.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <utility>

#include "niwaki/budget/allocation.hpp"
#include "niwaki/budget/layer_grids.hpp"
#include "niwaki/budget/layer_losses.hpp"
#include "niwaki/budget/layer_seconds.hpp"
#include "niwaki/budget/refinement.hpp"
#include "niwaki/budget/stopwatch.hpp"
#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

constexpr double kMargin = 1.01;  // above the speed-up asked for, as measurements vary
constexpr double kEnough = 1.05;  // a network at most so much faster than asked for is not mended further
constexpr int kTries = 8;         // halvings of what lies between a network that is fast enough and one that is not

Shape input_shape(const Graph& graph, const LabelledPictures& pictures, std::size_t batch) {
  Shape shape = pictures.shape;
  shape[0] = static_cast<std::int64_t>(batch);
  infer_shapes(graph, shape);
  return shape;
}

/// A choice of sparsities and what was measured of it.
struct Candidate {
  std::vector<double> sparsities;  // of each layer
  std::vector<double> losses;      // of each class
  double speedup = 0;
  [[nodiscard]] double worst() const { return *std::ranges::max_element(losses); }
};

class Budget {
 public:
  Budget(const Graph& dense, const std::vector<std::vector<float>>& importance, const LabelledPictures& pictures,
         const SpeedOptions& options, Progress& progress)
      : dense_(dense),
        importance_(importance),
        options_(options),
        progress_(progress),
        grid_({0.0}),
        meter_(dense, pictures),
        stopwatch_(dense, input_shape(dense, pictures, options.batch), options.cost_file) {
    grid_.insert(grid_.end(), options.sparsities.begin(), options.sparsities.end());
    const std::size_t refinements = 2 * prunable_layers(dense).size() * kRefinementRounds;
    progress.start("prune to a speed", static_cast<double>(networks_run(dense, grid_) + grid_.size() + refinements));
    progress.say("layers' times");
    seconds_ = layer_seconds(dense, importance, input_shape(dense, pictures, options.batch), grid_, options.cost_file,
                             [&] { progress.advance(1); });
  }

  BudgetedNetwork run() {
    const Candidate one_threshold = just_fast_enough(by_one_threshold());
    const Candidate shared_out = just_fast_enough(by_single_losses());
    const double most = std::max(one_threshold.speedup, shared_out.speedup);
    if (most < options_.speedup) {
      throw InputError(fmt::format("no choice of sparsities makes this network {} times as fast", options_.speedup),
                       "--target-speedup",
                       fmt::format("the most that was reached is {:.2f}, with {} images at a time: ask for less, or "
                                   "prune whole channels",
                                   std::max(1.0, most), options_.batch));
    }
    const bool by_threshold = one_threshold.speedup >= options_.speedup &&
                              (shared_out.speedup < options_.speedup || one_threshold.worst() < shared_out.worst());
    return refined(by_threshold ? one_threshold : shared_out);
  }

 private:
  using Sparsities = std::vector<double>;
  using Levels = std::vector<std::size_t>;

  [[nodiscard]] std::function<Sparsities(double)> by_one_threshold() const {
    return [this](double share) { return sparsities_by_one_threshold(dense_, importance_, share * grid_.back()); };
  }

  /// The knapsack of layers' losses, each pruned alone, over this share of the way from the dense network's time to the
  /// least.
  [[nodiscard]] std::function<Sparsities(double)> by_single_losses() const {
    progress_.say("layers' losses");
    const auto losses = layer_losses(dense_, importance_, grid_, meter_, [&] { progress_.advance(1); });
    std::vector<LayerLevels> layers;
    double most = 0;
    double least = 0;
    for (std::size_t i = 0; i < losses.size(); ++i) {
      layers.push_back({.seconds = seconds_[i], .losses = losses[i]});
      most += seconds_[i].front();
      least += *std::ranges::min_element(seconds_[i]);
    }
    // A time step more for each layer, which rounding up may take.
    least = std::max(least, 1e-9) * (1 + static_cast<double>(layers.size()) / kTimeSteps);
    return [this, layers, most, least](double share) {
      const Allocation allocation = allocate(layers, most + share * (least - most)).value();
      Sparsities result;
      for (const std::size_t level : allocation.levels) {
        result.push_back(grid_[level]);
      }
      return result;
    };
  }

  /// Of choices that are the faster the larger `share` is: the least share that is fast enough, or the quickest choice
  /// where none is.
  [[nodiscard]] Candidate just_fast_enough(const std::function<Sparsities(double share)>& choice) const {
    Candidate best = measured(choice(1));
    double slow = 0;
    double fast = 1;
    for (int i = 0; i < kTries && best.speedup > kEnough * options_.speedup; ++i) {
      const double share = (slow + fast) / 2;
      Candidate found = measured(choice(share));
      const bool enough = found.speedup >= kMargin * options_.speedup;
      (enough ? fast : slow) = share;
      if (enough) {
        best = std::move(found);
      }
    }
    return best;
  }

  [[nodiscard]] BudgetedNetwork refined(const Candidate& start) const {
    progress_.say("which layers give, which take");
    const LayerGrids grids(grid_, seconds_, start.sparsities);
    const NetworkMeters meters{.losses = [&](const Levels& levels) { return losses(grids.sparsities(levels)); },
                               .speedup = [&](const Levels& levels) { return speedup(grids.sparsities(levels)); }};
    const Measured found = refine({.levels = grids.start(), .losses = start.losses, .speedup = start.speedup},
                                  grids.seconds(), kMargin * options_.speedup, meters);
    const Sparsities chosen = grids.sparsities(found.levels);
    const Times& times = times_.at(chosen);
    return {.network = pruned_to(chosen),
            .layers = layers_at(chosen),
            .class_losses = found.losses,
            .start_losses = start.losses,
            .dense_seconds = times.dense / static_cast<double>(options_.batch),
            .seconds = times.pruned / static_cast<double>(options_.batch)};
  }

  [[nodiscard]] std::vector<BudgetedLayer> layers_at(const Sparsities& sparsities) const {
    std::vector<BudgetedLayer> result;
    for (const PrunableLayer& layer : prunable_layers(dense_)) {
      result.push_back({layer.node, sparsities[result.size()]});
    }
    return result;
  }

  [[nodiscard]] Graph pruned_to(const Sparsities& sparsities) const {
    return pruned_by(dense_, importance_, layers_at(sparsities));
  }

  [[nodiscard]] std::vector<double> losses(const Sparsities& sparsities) const {
    throw_if_cancelled();
    progress_.advance(1);
    return meter_.losses(pruned_to(sparsities));
  }

  [[nodiscard]] double speedup(const Sparsities& sparsities) const {
    const Times times = stopwatch_.times(pruned_to(sparsities));
    times_[sparsities] = times;
    return times.dense / times.pruned;
  }

  [[nodiscard]] Candidate measured(const Sparsities& sparsities) const {
    return {.sparsities = sparsities, .losses = losses(sparsities), .speedup = speedup(sparsities)};
  }

  const Graph& dense_;
  const std::vector<std::vector<float>>& importance_;
  const SpeedOptions& options_;
  Progress& progress_;
  std::vector<double> grid_;  // sparsities
  LossMeter meter_;
  Stopwatch stopwatch_;
  std::vector<std::vector<double>> seconds_;   // [layer][sparsity of the grid]
  mutable std::map<Sparsities, Times> times_;  // of what was measured
};

}  // namespace

void SpeedOptions::check() const {
  if (!(speedup > 1 && speedup <= 1000)) {
    throw InputError(fmt::format("{} is no speed-up", speedup), "--target-speedup", "give a number above 1, such as 2");
  }
  if (batch < 1) {
    throw InputError("a batch of no image", "--batch", "give 1 or more");
  }
  for (std::size_t i = 0; i < sparsities.size(); ++i) {
    if (!(sparsities[i] > 0 && sparsities[i] < 1) || (i > 0 && sparsities[i] <= sparsities[i - 1])) {
      throw InputError("the sparsities of a layer are not rising numbers between 0 and 1", "sparsities",
                       "give such as 0.5, 0.8, 0.9");
    }
  }
}

BudgetedNetwork prune_to_speed(const Graph& dense, const std::vector<std::vector<float>>& importance,
                               const LabelledPictures& pictures, const SpeedOptions& options, Progress& progress) {
  options.check();
  if (pictures.labels.rows() == 0) {
    throw InputError("there is no picture to measure losses on", "calibration", "give at least one");
  }
  BudgetedNetwork result = Budget(dense, importance, pictures, options, progress).run();
  progress.finish();
  return result;
}

}  // namespace niwaki
