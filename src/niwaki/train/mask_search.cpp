#include "niwaki/train/mask_search.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

#include "niwaki/cohort/batch_loader.hpp"
#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/imaging/image.hpp"
#include "niwaki/train/executor.hpp"

namespace niwaki {
namespace {

constexpr double kMomentum = 0.9;
constexpr double kSquareMomentum = 0.99;
constexpr std::size_t kForwardBatch = 64;  // images a pass where nothing is differentiated
constexpr float kAlways = 4.0F;            // a locked weight's score: above all that searching can reach from [0, 1]

using Batches = std::vector<std::vector<std::size_t>>;

/// Draws the images of every step.
Batches draw_batches(MatrixView<const Label> labels, const std::vector<std::size_t>& rows,
                     const std::vector<double>& class_weights, const MaskSearchOptions& options) {
  std::vector<std::vector<std::size_t>> positives(labels.columns());
  for (std::size_t row = 0; row < labels.rows(); ++row) {
    for (std::size_t c = 0; c < labels.columns(); ++c) {
      if (labels(row, c) == Label::kPositive) {
        positives[c].push_back(row);
      }
    }
  }
  std::vector<double> cumulative(class_weights.size());
  std::partial_sum(class_weights.begin(), class_weights.end(), cumulative.begin());
  RandomStream random(options.seed, "prune/search");
  Batches batches(options.steps);
  for (std::vector<std::size_t>& batch : batches) {
    while (batch.size() < options.batch / 2) {
      const double at = random.uniform() * cumulative.back();
      const auto c = static_cast<std::size_t>(std::ranges::upper_bound(cumulative, at) - cumulative.begin());
      const std::vector<std::size_t>& of_class = positives[std::min(c, positives.size() - 1)];
      if (!of_class.empty()) {
        batch.push_back(of_class[random.below(of_class.size())]);
      }
    }
    while (batch.size() < options.batch) {
      batch.push_back(rows[random.below(rows.size())]);
    }
  }
  return batches;
}

Batches cut(const std::vector<std::size_t>& rows) {
  Batches batches;
  for (std::size_t first = 0; first < rows.size(); first += kForwardBatch) {
    const std::size_t end = std::min(first + kForwardBatch, rows.size());
    batches.emplace_back(rows.begin() + static_cast<std::ptrdiff_t>(first),
                         rows.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return batches;
}

class MaskSearch {
 public:
  MaskSearch(const Graph& dense, const LabelledImages& images, const MaskSearchOptions& options, Progress& progress)
      : layers_(prunable_layers(dense)),
        images_(images),
        options_(options),
        progress_(progress),
        device_(parse_device(options.device)),
        teacher_(dense, device_),
        network_(dense, device_),
        weights_(teacher_.flat_values().detach().clone()) {}

  Importance run(const Importance& start, const LockedWeights& locked, double sparsity,
                 const std::vector<std::size_t>& rows, const std::vector<double>& class_weights) {
    begin_scores(start, locked);
    find_scales(rows, class_weights);
    const auto prunable = static_cast<std::size_t>(places_.numel());
    const std::size_t kept = prunable - weights_to_prune(sparsity, prunable);
    if (kept > 0) {
      std::size_t step = 0;
      for_batches(draw_batches(images_.labels, rows, class_weights, options_), 4, [&](const at::Tensor& input) {
        search_step(input, kept, 1 - static_cast<double>(step) / static_cast<double>(options_.steps));
        ++step;
      });
    }
    return scores();
  }

 private:
  /// Ranks of the start over all weights, in [0, 1], equal ones in order; where they lie in the flat buffer.
  void begin_scores(const Importance& start, const LockedWeights& locked) {
    std::vector<std::pair<float, std::size_t>> ordered;
    for (const std::vector<float>& layer : start) {
      for (const float score : layer) {
        ordered.emplace_back(score, ordered.size());
      }
    }
    std::ranges::sort(ordered);
    std::vector<float> ranks(ordered.size());
    for (std::size_t rank = 0; rank < ordered.size(); ++rank) {
      ranks[ordered[rank].second] = static_cast<float>(static_cast<double>(rank) / static_cast<double>(ranks.size()));
    }
    flat_scores_ = at::zeros_like(weights_);
    const at::Tensor prunable = at::zeros_like(weights_);
    const std::vector<at::Tensor> of_scores = network_.views_of(flat_scores_);
    const std::vector<at::Tensor> of_prunable = network_.views_of(prunable);
    std::size_t first = 0;
    for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
      const std::size_t place = place_of(layers_[layer].tensor);
      std::vector<float> values(ranks.begin() + static_cast<std::ptrdiff_t>(first),
                                ranks.begin() + static_cast<std::ptrdiff_t>(first + start[layer].size()));
      for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = locked[layer][i] != 0 ? kAlways + values[i] : values[i];
      }
      copy_values(values, of_scores[place]);
      const at::NoGradGuard no_gradient;
      of_prunable[place].fill_(1);
      first += values.size();
    }
    places_ = prunable.flatten().nonzero().squeeze(1);
    momentum_ = at::zeros({places_.numel()}, weights_.options());
    square_ = 0;
  }

  [[nodiscard]] std::size_t place_of(const std::string& tensor) const {
    const auto& parameters = network_.parameters();
    const auto found = std::ranges::find(parameters, tensor, &Executor::Parameter::name);
    NIWAKI_CHECK(found != parameters.end(), "{} is no parameter", tensor);
    return static_cast<std::size_t>(found - parameters.begin());
  }

  /// omega / variance of each class.
  void find_scales(const std::vector<std::size_t>& rows, const std::vector<double>& class_weights) {
    std::vector<at::Tensor> logits;
    for_batches(cut(rows), 1, [&](const at::Tensor& input) {
      logits.push_back(teacher_.run(input, RunMode::kInference).to(at::kDouble));
    });
    const at::Tensor all = at::cat(logits);
    if (!at::isfinite(all).all().item<bool>()) {
      throw InputError("a logit of the dense network is not finite", "the search of a mask",
                       "check that its weights are finite, and that the pictures are prepared as it was trained with");
    }
    const at::Tensor omega = at::empty({static_cast<std::int64_t>(class_weights.size())}, at::kDouble);
    std::ranges::copy(class_weights, omega.data_ptr<double>());
    scales_ = omega.to(device_).div(all.var(0, false).clamp_min(1e-12)).to(at::kFloat);
  }

  void search_step(const at::Tensor& input, std::size_t kept, double rate) {
    const at::Tensor expected = teacher_.run(input, RunMode::kInference);
    mask_weights(kept);
    network_.flat_gradients().zero_();
    const at::Tensor difference = network_.run(input, RunMode::kDifferentiation) - expected;
    difference.square().mean(0).mul(scales_).sum().backward();
    const at::NoGradGuard no_gradient;
    const at::Tensor slope =
        network_.flat_gradients().flatten().index_select(0, places_) * weights_.flatten().index_select(0, places_);
    ++steps_taken_;
    momentum_.mul_(kMomentum).add_(slope, 1 - kMomentum);
    square_ = kSquareMomentum * square_ + (1 - kSquareMomentum) * slope.square().mean().item<double>();
    const auto taken = static_cast<double>(steps_taken_);
    const double scale = std::sqrt(square_ / (1 - std::pow(kSquareMomentum, taken))) + 1e-30;
    const double step = options_.rate * rate / (1 - std::pow(kMomentum, taken)) / scale;
    // A score moves by a tenth at most, so that one wild image does not decide.
    flat_scores_.flatten().index_add_(0, places_, momentum_.mul(-step).clamp_(-0.1, 0.1));
  }

  /// Leaves the weights with the `kept` highest scores; all that is not prunable stays.
  void mask_weights(std::size_t kept) {
    const at::NoGradGuard no_gradient;
    const at::Tensor scores = flat_scores_.flatten().index_select(0, places_);
    const auto cut = scores.numel() - static_cast<std::int64_t>(kept) + 1;
    const at::Tensor least = std::get<0>(scores.kthvalue(cut));
    const at::Tensor there = at::ones_like(weights_).flatten();
    there.index_copy_(0, places_, scores.ge(least).to(at::kFloat));
    network_.flat_values().copy_(weights_.flatten().mul(there).view_as(weights_));
  }

  [[nodiscard]] Importance scores() const {
    Importance result;
    const std::vector<at::Tensor> views = network_.views_of(flat_scores_);
    for (const PrunableLayer& layer : layers_) {
      result.push_back(to_graph_tensor(views[place_of(layer.tensor)]).values);
    }
    return result;
  }

  void for_batches(const Batches& batches, std::size_t passes, const std::function<void(const at::Tensor&)>& use) {
    const Preprocessing& input = images_.images->preprocessing();
    const auto prepare = [&](std::size_t row, std::span<float> pixels) {
      images_.images->read(row, pixels);
      normalise(pixels, input);
    };
    BatchLoader loader(batches, input.values(), prepare, {.threads = static_cast<std::size_t>(thread_count())});
    ImageBatch spent;
    while (std::optional<ImageBatch> next = loader.next(std::move(spent))) {
      throw_if_cancelled();
      const Shape shape = {static_cast<std::int64_t>(next->rows.size()), static_cast<std::int64_t>(input.channels),
                           static_cast<std::int64_t>(input.height), static_cast<std::int64_t>(input.width)};
      use(image_tensor(next->pixels.data(), shape, device_));
      progress_.advance(static_cast<double>(passes * next->rows.size()));
      spent = std::move(*next);
    }
  }

  const std::vector<PrunableLayer> layers_;
  const LabelledImages& images_;
  const MaskSearchOptions& options_;
  Progress& progress_;
  const at::Device device_;
  const Executor teacher_;
  const Executor network_;
  const at::Tensor weights_;  // the dense network's, as flat_values()
  at::Tensor flat_scores_;    // as flat_values(); 0 where nothing is prunable
  at::Tensor places_;         // of prunable weights in the flat buffer
  at::Tensor momentum_;       // of the prunable weights
  double square_ = 0;
  std::size_t steps_taken_ = 0;
  at::Tensor scales_;  // of each class
};

std::vector<double> weights_of_classes(const Graph& dense, MatrixView<const Label> labels, const TailOptions& options) {
  const std::vector<TailGroup> groups =
      tail_groups(dense.classes, options, [&](const std::vector<std::size_t>& classes) {
        std::size_t count = 0;
        for (std::size_t row = 0; row < labels.rows(); ++row) {
          count += std::ranges::all_of(classes, [&](std::size_t c) { return labels(row, c) == Label::kPositive; });
        }
        return count;
      });
  const std::vector<double> of_groups = tail_weights(groups, options);
  std::vector<double> of_classes(labels.columns(), 0);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (const std::size_t c : groups[g].classes) {
      of_classes[c] += of_groups[g];
    }
  }
  if (std::ranges::all_of(of_classes, [](double weight) { return weight == 0; })) {
    throw InputError("no class counts in the search of a mask", "calibration images",
                     "give images that show a finding, and class weights above 0");
  }
  return of_classes;
}

}  // namespace

void MaskSearchOptions::check() const {
  const auto check_range = [](double value, double low, double high, const char* key) {
    if (!(value >= low && value <= high)) {
      throw InputError(fmt::format("{} is out of range", value), key, fmt::format("choose {} to {}", low, high));
    }
  };
  check_range(static_cast<double>(steps), 1, 1e6, "search.steps");
  check_range(static_cast<double>(batch), 2, 4096, "search.batch");
  check_range(rate, 1e-6, 1, "search.rate");
}

Mask searched_mask(const Graph& dense, const Importance& start, const LockedWeights& locked, double sparsity,
                   const LabelledImages& images, const std::vector<std::size_t>& rows, const MaskSearchOptions& options,
                   Progress& progress) {
  options.check();
  NIWAKI_CHECK(!rows.empty() && images.images != nullptr && images.images->size() == images.labels.rows(),
               "{} rows of {} images", rows.size(), images.labels.rows());
  check_numbers(prunable_layers(dense), start);
  const std::vector<double> class_weights = weights_of_classes(dense, images.labels, options.tail);
  use_thread_count();
  const Importance found =
      MaskSearch(dense, images, options, progress).run(start, locked, sparsity, rows, class_weights);
  return choose_mask(dense, found, sparsity, Competition::kNetwork, locked);
}

double search_cost(const MaskSearchOptions& options, std::size_t rows) {
  return static_cast<double>(rows) + 4.0 * static_cast<double>(options.steps * options.batch);
}

}  // namespace niwaki
