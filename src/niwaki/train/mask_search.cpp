#include "niwaki/train/mask_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include <c10/core/GradMode.h>

#include "niwaki/cohort/batch_loader.hpp"
#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/imaging/image.hpp"
#include "niwaki/train/executor.hpp"

namespace niwaki {
namespace {

constexpr double kFirstDecay = 0.9;
constexpr double kSecondDecay = 0.99;
constexpr std::size_t kForwardBatch = 64;

/// Positives of each group.
std::vector<std::vector<std::size_t>> positives_of(MatrixView<const Label> labels,
                                                   const std::vector<TailGroup>& groups) {
  std::vector<std::vector<std::size_t>> positives(groups.size());
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (std::size_t row = 0; row < labels.rows(); ++row) {
      if (std::ranges::all_of(groups[g].classes, [&](std::size_t c) { return labels(row, c) == Label::kPositive; })) {
        positives[g].push_back(row);
      }
    }
  }
  return positives;
}

/// A group by its weight; the weights sum to 1.
std::size_t drawn_group(const std::vector<double>& weights, RandomStream& random) {
  double left = random.uniform();
  std::size_t last = 0;
  for (std::size_t g = 0; g < weights.size(); ++g) {
    if (weights[g] > 0) {
      last = g;
      if (left < weights[g]) {
        return g;
      }
      left -= weights[g];
    }
  }
  return last;
}

/// The place of each score among all, from 0 to 1; equal ones in order.
std::vector<float> ranks(const Importance& start) {
  std::vector<float> joined;
  for (const std::vector<float>& layer : start) {
    joined.insert(joined.end(), layer.begin(), layer.end());
  }
  std::vector<std::size_t> order(joined.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return joined[a] < joined[b]; });
  std::vector<float> result(joined.size());
  for (std::size_t place = 0; place < order.size(); ++place) {
    result[order[place]] = static_cast<float>(static_cast<double>(place) / static_cast<double>(order.size()));
  }
  return result;
}

class Search {
 public:
  Search(const Graph& dense, const LabelledImages& images, const std::vector<TailGroup>& groups,
         const std::vector<double>& weights, const MaskSearchOptions& options)
      : images_(images),
        groups_(groups),
        weights_(weights),
        options_(options),
        layers_(prunable_layers(dense)),
        device_(parse_device(options.device)),
        dense_(dense, device_),
        pruned_(dense, device_),
        original_(pruned_.flat_values().detach().clone()) {}

  Importance run(const std::vector<std::size_t>& rows, const Importance& start, double sparsity, Progress& progress) {
    set_scale(rows);
    place_scores(start);
    keep_ = prunable_ - static_cast<std::int64_t>(weights_to_prune(sparsity, static_cast<std::size_t>(prunable_)));
    if (keep_ > 0 && keep_ < prunable_) {
      search(rows, progress);
    }
    return result();
  }

 private:
  /// Deviations of the dense logits over `rows`.
  void set_scale(const std::vector<std::size_t>& rows) {
    std::vector<at::Tensor> logits;
    std::vector<std::vector<std::size_t>> batches;
    for (std::size_t first = 0; first < rows.size(); first += kForwardBatch) {
      batches.emplace_back(rows.begin() + static_cast<std::ptrdiff_t>(first),
                           rows.begin() + static_cast<std::ptrdiff_t>(std::min(first + kForwardBatch, rows.size())));
    }
    for_batches(std::move(batches),
                [&](const at::Tensor& input) { logits.push_back(dense_.run(input, RunMode::kInference).detach()); });
    scale_ = at::cat(logits).std(0, /*unbiased=*/false).clamp_min(1e-6);
  }

  void for_batches(std::vector<std::vector<std::size_t>> batches, const std::function<void(const at::Tensor&)>& use) {
    const Preprocessing& input = images_.images->preprocessing();
    const auto prepare = [&](std::size_t row, std::span<float> pixels) {
      images_.images->read(row, pixels);
      normalise(pixels, input);
    };
    BatchLoader loader(std::move(batches), input.values(), prepare,
                       {.threads = static_cast<std::size_t>(thread_count())});
    ImageBatch spent;
    while (std::optional<ImageBatch> next = loader.next(std::move(spent))) {
      throw_if_cancelled();
      const Shape shape = {static_cast<std::int64_t>(next->rows.size()), static_cast<std::int64_t>(input.channels),
                           static_cast<std::int64_t>(input.height), static_cast<std::int64_t>(input.width)};
      use(image_tensor(next->pixels.data(), shape, device_));
      spent = std::move(*next);
    }
  }

  /// Ranks where a weight can go, infinite elsewhere.
  void place_scores(const Importance& start) {
    scores_ = at::full_like(original_, std::numeric_limits<float>::infinity());
    const std::vector<float> all = ranks(start);
    auto next = all.begin();
    for_layers([&](std::size_t layer, const at::Tensor& view) {
      const auto end = next + static_cast<std::ptrdiff_t>(start[layer].size());
      copy_values(std::vector<float>(next, end), view);
      next = end;
    });
    prunable_ = static_cast<std::int64_t>(all.size());
    can_go_ = scores_.isfinite();
  }

  /// A view of the scores for each prunable layer, in order.
  void for_layers(const std::function<void(std::size_t, const at::Tensor&)>& use) const {
    const std::vector<at::Tensor> views = pruned_.views_of(scores_);
    for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
      const auto& parameters = pruned_.parameters();
      const auto found = std::ranges::find(parameters, layers_[layer].tensor, &Executor::Parameter::name);
      NIWAKI_CHECK(found != parameters.end(), "no scores of {}", layers_[layer].tensor);
      use(layer, views[static_cast<std::size_t>(found - parameters.begin())]);
    }
  }

  void search(const std::vector<std::size_t>& rows, Progress& progress) {
    at::Tensor first = at::zeros_like(scores_);
    at::Tensor second = at::zeros_like(scores_);
    std::size_t step = 0;
    for_batches(draw_batches(rows), [&](const at::Tensor& input) {
      differentiate(input);
      const c10::NoGradGuard no_gradient;
      const at::Tensor gradient = pruned_.flat_gradients().mul(original_).mul(can_go_);
      ++step;
      first.mul_(kFirstDecay).add_(gradient, 1 - kFirstDecay);
      second.mul_(kSecondDecay).addcmul_(gradient, gradient, 1 - kSecondDecay);
      // One step size for all weights: scaled by its own history, a weight that hardly matters would move as far as one
      // that does.
      const double size = std::sqrt(second.sum().item<double>() / static_cast<double>(prunable_) /
                                    (1 - std::pow(kSecondDecay, static_cast<double>(step))));
      check_finite(size);
      const double left = 1 - static_cast<double>(step - 1) / static_cast<double>(options_.steps);
      const double rate =
          options_.learning_rate * left / (1 - std::pow(kFirstDecay, static_cast<double>(step))) / (size + 1e-30);
      scores_.add_(first, -rate);
      progress.advance(static_cast<double>(options_.batch));
    });
  }

  static void check_finite(double size) {
    if (!std::isfinite(size)) {
      throw InputError("a gradient is not finite", "search for a mask",
                       "check that the network's weights are finite, and that --mean and --deviation are its own");
    }
  }

  std::vector<std::vector<std::size_t>> draw_batches(const std::vector<std::size_t>& rows) const {
    RandomStream random(options_.seed, "prune/search");
    const std::vector<std::vector<std::size_t>> positives = positives_of(images_.labels, groups_);
    std::vector<std::vector<std::size_t>> batches(options_.steps);
    for (std::vector<std::size_t>& batch : batches) {
      for (std::size_t i = 0; i < options_.batch; ++i) {
        const std::vector<std::size_t>& from = i < options_.batch / 2 ? positives[drawn_group(weights_, random)] : rows;
        batch.push_back(from[random.below(from.size())]);
      }
    }
    return batches;
  }

  /// Leaves in the gradients those of the objective with respect to the weights in use.
  void differentiate(const at::Tensor& input) {
    {
      const c10::NoGradGuard no_gradient;
      pruned_.flat_values().copy_(original_.mul(scores_.ge(line())));
    }
    const at::Tensor wanted = dense_.run(input, RunMode::kInference);
    const at::Tensor distance = (pruned_.run(input, RunMode::kDifferentiation) - wanted).div(scale_).square().mean(0);
    at::Tensor objective;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      for (const std::size_t c : groups_[g].classes) {
        const at::Tensor term = distance.select(0, static_cast<std::int64_t>(c)).mul(weights_[g]);
        objective = objective.defined() ? objective + term : term;
      }
    }
    pruned_.flat_gradients().zero_();
    objective.backward();
  }

  /// The lowest score in use.
  [[nodiscard]] at::Tensor line() const { return std::get<0>(scores_.kthvalue(prunable_ - keep_ + 1)); }

  [[nodiscard]] Importance result() const {
    Importance importance;
    for_layers([&](std::size_t, const at::Tensor& view) { importance.push_back(to_graph_tensor(view).values); });
    return importance;
  }

  const LabelledImages images_;
  const std::vector<TailGroup>& groups_;
  const std::vector<double>& weights_;
  const MaskSearchOptions& options_;
  const std::vector<PrunableLayer> layers_;
  const at::Device device_;
  const Executor dense_;
  const Executor pruned_;
  const at::Tensor original_;
  at::Tensor scale_;
  at::Tensor scores_;
  at::Tensor can_go_;
  std::int64_t prunable_ = 0;
  std::int64_t keep_ = 0;
};

}  // namespace

Importance searched_scores(const Graph& dense, const LabelledImages& images, const std::vector<std::size_t>& rows,
                           const std::vector<TailGroup>& groups, const std::vector<double>& weights,
                           const Importance& start, double sparsity, const MaskSearchOptions& options,
                           Progress& progress) {
  NIWAKI_CHECK(!rows.empty() && groups.size() == weights.size(), "{} rows, {} groups, {} weights", rows.size(),
               groups.size(), weights.size());
  use_thread_count();
  return Search(dense, images, groups, weights, options).run(rows, start, sparsity, progress);
}

}  // namespace niwaki
