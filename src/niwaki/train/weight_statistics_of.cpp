#include "niwaki/train/weight_statistics_of.hpp"

#include <algorithm>
#include <cmath>
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
#include "niwaki/prune/importance.hpp"
#include "niwaki/train/executor.hpp"
#include "niwaki/train/input_norms.hpp"
#include "niwaki/train/mask_search.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kForwardBatch = 64;  // images a pass where no squared gradient is wanted
constexpr std::size_t kSearchBatch = 64;   // images a step of the search

using Batches = std::vector<std::vector<std::size_t>>;

Batches cut(const std::vector<std::size_t>& rows, std::size_t batch) {
  Batches batches;
  for (std::size_t first = 0; first < rows.size(); first += batch) {
    const std::size_t end = std::min(first + batch, rows.size());
    batches.emplace_back(rows.begin() + static_cast<std::ptrdiff_t>(first),
                         rows.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return batches;
}

/// The images whose logits tell of one group, and how much each counts.
struct GroupImages {
  std::vector<std::size_t> rows;
  std::vector<double> weights;  // they sum to 1, half of it on positives
};

/// Up to `most` of `rows`, drawn, in rising order.
std::vector<std::size_t> drawn(std::vector<std::size_t> rows, std::size_t most, RandomStream& random) {
  random.shuffle(std::span(rows));
  rows.resize(std::min(rows.size(), most));
  std::ranges::sort(rows);
  return rows;
}

std::size_t count_positives(MatrixView<const Label> labels, const std::vector<std::size_t>& classes) {
  std::size_t count = 0;
  for (std::size_t row = 0; row < labels.rows(); ++row) {
    count += std::ranges::all_of(classes, [&](std::size_t c) { return labels(row, c) == Label::kPositive; }) ? 1 : 0;
  }
  return count;
}

GroupImages choose_images(MatrixView<const Label> labels, const TailGroup& group, std::size_t most,
                          RandomStream random) {
  std::vector<std::size_t> positive;
  std::vector<std::size_t> negative;
  for (std::size_t row = 0; row < labels.rows(); ++row) {
    const auto is = [&](Label label) {
      return [&labels, row, label](std::size_t c) { return labels(row, c) == label; };
    };
    if (std::ranges::all_of(group.classes, is(Label::kPositive))) {
      positive.push_back(row);
    } else if (std::ranges::any_of(group.classes, is(Label::kNegative))) {
      negative.push_back(row);
    }
  }
  GroupImages images{.rows = drawn(std::move(positive), most, random)};
  const std::vector<std::size_t> others = drawn(std::move(negative), images.rows.size(), random);
  const double half = others.empty() ? 1.0 : 0.5;
  images.weights.assign(images.rows.size(), half / static_cast<double>(images.rows.size()));
  images.rows.insert(images.rows.end(), others.begin(), others.end());
  images.weights.resize(images.rows.size(), half / static_cast<double>(others.size()));
  return images;
}

/// Runs the network over chosen images and sums what comes of it.
class Gatherer {
 public:
  Gatherer(const Graph& graph, const LabelledImages& images, const StatisticsRequest& request, Progress& progress)
      : graph_(graph),
        images_(images),
        request_(request),
        progress_(progress),
        layers_(prunable_layers(graph)),
        device_(parse_device(request.device)),
        executor_(graph, device_) {}

  std::vector<LayerStatistics> gather(const std::vector<std::size_t>& rows, const std::vector<TailGroup>& groups,
                                      const std::vector<double>& weights, std::vector<std::string>& notes) {
    WeightStatistics result;
    for (const PrunableLayer& layer : layers_) {
      result.layers.push_back({.tensor = layer.tensor});
    }
    const auto wanted = [&](StatisticsKind kind) { return request_.kinds.contains(kind); };
    if (wanted(StatisticsKind::kInputNorms)) {
      progress_.say("inputs of layers");
      gather_input_norms(rows, result.layers);
    }
    if (wanted(StatisticsKind::kMeanGradient)) {
      progress_.say("gradients of the loss");
      gather_mean_gradient(rows, result.layers);
    }
    if (wanted(StatisticsKind::kSquaredGradient)) {
      progress_.say("squared gradients of the loss");
      gather_squared_gradient(rows, result.layers);
    }
    if (wanted(StatisticsKind::kTail)) {
      gather_tail(groups, weights, result, notes);
    }
    return std::move(result.layers);
  }

 private:
  using Use = std::function<void(const at::Tensor& input, const std::vector<std::size_t>& rows)>;

  void for_images(const std::vector<std::size_t>& rows, std::size_t batch, const Use& use) {
    const Preprocessing& input = images_.images->preprocessing();
    const auto prepare = [&](std::size_t row, std::span<float> pixels) {
      images_.images->read(row, pixels);
      normalise(pixels, input);
    };
    BatchLoader loader(cut(rows, batch), input.values(), prepare,
                       {.threads = static_cast<std::size_t>(thread_count())});
    ImageBatch spent;
    while (std::optional<ImageBatch> next = loader.next(std::move(spent))) {
      throw_if_cancelled();
      const Shape shape = {static_cast<std::int64_t>(next->rows.size()), static_cast<std::int64_t>(input.channels),
                           static_cast<std::int64_t>(input.height), static_cast<std::int64_t>(input.width)};
      use(image_tensor(next->pixels.data(), shape, device_), next->rows);
      progress_.advance(static_cast<double>(next->rows.size()));
      spent = std::move(*next);
    }
  }

  void gather_input_norms(const std::vector<std::size_t>& rows, std::vector<LayerStatistics>& layers) {
    InputNorms norms;
    for_images(rows, kForwardBatch, [&](const at::Tensor& input, const std::vector<std::size_t>&) {
      executor_.run(input, RunMode::kInference,
                    [&](const Operation& operation, const std::string& weight, const at::Tensor& x) {
                      norms.add(operation, weight, graph_.tensor(weight), x);
                    });
    });
    for (LayerStatistics& layer : layers) {
      layer.input_norms = norms.of(layer.tensor);
      expect_finite(std::ranges::all_of(layer.input_norms, [](float norm) { return std::isfinite(norm); }),
                    "the input of a layer");
    }
  }

  void gather_mean_gradient(const std::vector<std::size_t>& rows, std::vector<LayerStatistics>& layers) {
    executor_.flat_gradients().zero_();
    for_images(rows, kForwardBatch, [&](const at::Tensor& input, const std::vector<std::size_t>& batch) {
      losses(executor_.run(input, RunMode::kDifferentiation), batch).sum().backward();
    });
    give(executor_.flat_gradients() / static_cast<double>(rows.size()), &LayerStatistics::mean_gradient, layers);
  }

  void gather_squared_gradient(const std::vector<std::size_t>& rows, std::vector<LayerStatistics>& layers) {
    RandomStream random(request_.seed, "prune/signs", {0});
    const at::Tensor squares = at::zeros_like(executor_.flat_gradients());
    for_images(rows, request_.calibration.micro_batch,
               [&](const at::Tensor& input, const std::vector<std::size_t>& batch) {
                 const at::Tensor loss = losses(executor_.run(input, RunMode::kDifferentiation), batch);
                 add_square(loss, signs(loss.numel(), random), squares);
               });
    give(squares / static_cast<double>(rows.size()), &LayerStatistics::mean_squared_gradient, layers);
  }

  void gather_tail(const std::vector<TailGroup>& groups, const std::vector<double>& weights, WeightStatistics& result,
                   std::vector<std::string>& notes) {
    std::vector<std::span<const float>> values;
    for (const PrunableLayer& layer : layers_) {
      values.emplace_back(graph_.tensor(layer.tensor).values);
    }
    TailCombination combination(std::move(values));
    std::vector<LayerStatistics> squares = result.layers;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      if (weights[g] == 0) {
        continue;
      }
      progress_.say(fmt::format("squared gradients of {}", groups[g].name));
      gather_group(groups[g], g, squares);
      std::vector<std::vector<float>> gathered;
      for (LayerStatistics& layer : squares) {
        gathered.push_back(std::move(layer.mean_squared_gradient));
      }
      if (!combination.add(gathered, weights[g])) {
        notes.push_back(
            fmt::format("class '{}' has no part in the tail score: no weight moves its logit", groups[g].name));
      }
    }
    combination.give_to(result);
  }

  void gather_group(const TailGroup& group, std::size_t index, std::vector<LayerStatistics>& layers) {
    const GroupImages chosen = choose_images(images_.labels, group, request_.calibration.positives,
                                             RandomStream(request_.seed, "prune/tail-images", {index}));
    RandomStream random(request_.seed, "prune/signs", {index + 1});
    const at::Tensor squares = at::zeros_like(executor_.flat_gradients());
    std::size_t next = 0;
    for_images(chosen.rows, request_.calibration.micro_batch,
               [&](const at::Tensor& input, const std::vector<std::size_t>& batch) {
                 const at::Tensor logits = executor_.run(input, RunMode::kDifferentiation);
                 std::vector<float> roots;
                 for (std::size_t i = 0; i < batch.size(); ++i) {
                   roots.push_back(static_cast<float>(std::sqrt(chosen.weights[next++])));
                 }
                 const at::Tensor scale = on_device(roots);
                 at::Tensor sum;
                 for (const std::size_t c : group.classes) {
                   const at::Tensor column = logits.select(1, static_cast<std::int64_t>(c));
                   const at::Tensor term = column.mul(scale).mul(signs(column.numel(), random));
                   sum = sum.defined() ? sum + term : term;
                 }
                 add_square(sum, {}, squares);
               });
    give(squares, &LayerStatistics::mean_squared_gradient, layers);
  }

  /// For each image, binary cross entropy summed over its known labels.
  at::Tensor losses(const at::Tensor& logits, const std::vector<std::size_t>& rows) const {
    std::vector<float> targets;
    std::vector<float> known;
    for (const std::size_t row : rows) {
      for (const Label label : images_.labels.row(row)) {
        targets.push_back(label == Label::kPositive ? 1.0F : 0.0F);
        known.push_back(label == Label::kUnknown ? 0.0F : 1.0F);
      }
    }
    return at::binary_cross_entropy_with_logits(logits, on_device(targets).view_as(logits),
                                                on_device(known).view_as(logits), {}, at::Reduction::None)
        .sum(1);
  }

  at::Tensor on_device(const std::vector<float>& values) const {
    const at::Tensor tensor = at::empty({static_cast<std::int64_t>(values.size())}, at::kFloat);
    std::ranges::copy(values, tensor.data_ptr<float>());
    return tensor.to(device_);
  }

  at::Tensor signs(std::int64_t count, RandomStream& random) const {
    std::vector<float> values;
    for (std::int64_t i = 0; i < count; ++i) {
      values.push_back((random.bits() >> 63) != 0 ? 1.0F : -1.0F);
    }
    return on_device(values);
  }

  /// Adds the squared gradient of the sum of `terms` (times `factors`, where given).
  void add_square(const at::Tensor& terms, const at::Tensor& factors, const at::Tensor& squares) {
    executor_.flat_gradients().zero_();
    (factors.defined() ? terms.mul(factors) : terms).sum().backward();
    const c10::NoGradGuard no_gradient;
    squares.addcmul_(executor_.flat_gradients(), executor_.flat_gradients());
  }

  void expect_finite(bool finite, const char* what) const {
    if (!finite) {
      throw InputError(fmt::format("{} is not finite", what), graph_.name.empty() ? "the network" : graph_.name,
                       "check that the network's weights are finite, and that --mean and --deviation are its own");
    }
  }

  void give(const at::Tensor& flat, std::vector<float> LayerStatistics::*field,
            std::vector<LayerStatistics>& layers) const {
    expect_finite(at::isfinite(flat).all().item<bool>(), "a gradient");
    const std::vector<at::Tensor> views = executor_.views_of(flat);
    for (LayerStatistics& layer : layers) {
      const auto& parameters = executor_.parameters();
      const auto found = std::ranges::find(parameters, layer.tensor, &Executor::Parameter::name);
      NIWAKI_CHECK(found != parameters.end(), "no gradient of {}", layer.tensor);
      layer.*field = to_graph_tensor(views[static_cast<std::size_t>(found - parameters.begin())]).values;
    }
  }

  const Graph& graph_;
  const LabelledImages& images_;
  const StatisticsRequest& request_;
  Progress& progress_;
  const std::vector<PrunableLayer> layers_;
  const at::Device device_;
  const Executor executor_;
};

void check_range(std::size_t value, std::size_t low, std::size_t high, const char* key) {
  if (value < low || value > high) {
    throw InputError(fmt::format("{} is out of range", value), key, fmt::format("choose {} to {}", low, high));
  }
}

void check_images(const Graph& graph, const LabelledImages& images) {
  NIWAKI_CHECK(images.images != nullptr && images.images->size() == images.labels.rows(), "{} rows of labels",
               images.labels.rows());
  if (images.labels.columns() != class_count(graph)) {
    throw InputError(fmt::format("the network gives {} logits, the label file has {} classes", class_count(graph),
                                 images.labels.columns()),
                     "calibration images", "give the label file of the network's own classes");
  }
  if (std::ranges::all_of(images.labels.values(), [](Label label) { return label == Label::kUnknown; })) {
    throw InputError("no image with a known label", "calibration images", "check the label file");
  }
  const Preprocessing& input = images.images->preprocessing();
  infer_shapes(graph, {1, static_cast<std::int64_t>(input.channels), static_cast<std::int64_t>(input.height),
                       static_cast<std::int64_t>(input.width)});
}

/// A network that ends in a Sigmoid is looked at before it.
Graph without_last_sigmoid(const Graph& graph) {
  Graph result = graph;
  const Node* last = graph.producer(graph.output);
  if (last != nullptr && std::holds_alternative<Sigmoid>(last->operation)) {
    result.output = last->inputs[0];
    std::erase_if(result.nodes, [&](const Node& node) { return node.output == graph.output; });
  }
  return result;
}

/// The classes (and pairs) of a request, how much each counts, and how many images the tail's statistics look at.
struct Groups {
  std::vector<TailGroup> groups;
  std::vector<double> weights;
  double images = 0;
};

Groups weighed_groups(const Graph& graph, const LabelledImages& images, const StatisticsRequest& request,
                      std::vector<std::string>& notes) {
  Groups result;
  result.groups = tail_groups(graph.classes, request.tail, [&](const std::vector<std::size_t>& classes) {
    return count_positives(images.labels, classes);
  });
  result.weights = tail_weights(result.groups, request.tail);
  for (const TailGroup& group : result.groups) {
    result.images += 2.0 * static_cast<double>(std::min(group.positives, request.calibration.positives));
    if (group.positives == 0) {
      notes.push_back(fmt::format("class '{}' has no part in the tail score: no positive image", group.name));
    }
  }
  if (std::ranges::all_of(result.weights, [](double weight) { return weight == 0; })) {
    throw InputError("no class counts in the tail score", "calibration images",
                     "give images that show a finding, and class weights above 0");
  }
  return result;
}

void search_mask(const Graph& graph, const LabelledImages& images, const std::vector<std::size_t>& rows,
                 const Groups& groups, const StatisticsRequest& request, Progress& progress,
                 WeightStatistics& statistics) {
  progress.say("search for a mask");
  const MaskSearchOptions options{
      .steps = request.calibration.search_steps, .batch = kSearchBatch, .seed = request.seed, .device = request.device};
  Importance found = searched_scores(graph, images, rows, groups.groups, groups.weights,
                                     layer_adaptive_magnitudes(graph), request.sparsity, options, progress);
  for (std::size_t layer = 0; layer < found.size(); ++layer) {
    statistics.layers[layer].searched = std::move(found[layer]);
  }
}

}  // namespace

void CalibrationOptions::check() const {
  check_range(images, 1, 100'000'000, "prune.calibration_images");
  check_range(positives, 1, 1'000'000, "prune.calibration_positives");
  check_range(micro_batch, 1, 1024, "prune.micro_batch");
  check_range(search_steps, 1, 1'000'000, "prune.search_steps");
}

WeightStatistics weight_statistics_of(const Graph& dense, const LabelledImages& images,
                                      const std::vector<std::size_t>& rows, const StatisticsRequest& request,
                                      Progress& progress) {
  request.calibration.check();
  check_images(dense, images);
  NIWAKI_CHECK(!rows.empty(), "no calibration image");
  const Graph graph = without_last_sigmoid(dense);
  WeightStatistics statistics{.kinds = request.kinds};
  const bool searching = request.kinds.contains(StatisticsKind::kTailSearch);
  const bool tail = request.kinds.contains(StatisticsKind::kTail);
  const Groups groups = searching || tail ? weighed_groups(dense, images, request, statistics.notes) : Groups{};
  const std::size_t passes = request.kinds.size() - (tail ? 1 : 0) - (searching ? 1 : 0);
  double total = static_cast<double>(passes * rows.size()) + (tail ? groups.images : 0);
  total += searching ? static_cast<double>(request.calibration.search_steps * kSearchBatch) : 0;
  progress.start("weight statistics", total);
  use_thread_count();
  statistics.layers =
      Gatherer(graph, images, request, progress).gather(rows, groups.groups, groups.weights, statistics.notes);
  if (searching) {
    search_mask(graph, images, rows, groups, request, progress, statistics);
  }
  progress.finish();
  return statistics;
}

}  // namespace niwaki
