#include "niwaki/budget/layer_losses.hpp"

#include <algorithm>
#include <utility>

#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/predict/predictor.hpp"
#include "niwaki/prune/criterion.hpp"

namespace niwaki {
namespace {

/// By the engine with estimated costs, so that the same network gives the same bits in every process.
std::vector<float> logits_of(const Graph& graph, const LabelledPictures& pictures) {
  return Predictor(graph, {.kind = EngineKind::kAuto, .measured_costs = false}).logits(pictures.pixels, pictures.shape);
}

Graph with_pruned_layer(const Graph& dense, const PrunableLayer& layer, const std::vector<float>& importance,
                        double sparsity) {
  const Mask mask = choose_global_mask({layer}, {importance}, sparsity);
  Graph result = dense;
  std::vector<float>& values = result.tensor(layer.tensor).values;
  const std::vector<std::uint8_t>& kept = mask.at(layer.tensor);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = kept[i] != 0 ? values[i] : 0.0F;
  }
  return result;
}

double variance_of(MatrixView<const float> logits, std::size_t c) {
  double mean = 0;
  for (std::size_t i = 0; i < logits.rows(); ++i) {
    mean += logits(i, c);
  }
  mean /= static_cast<double>(logits.rows());
  double sum = 0;
  for (std::size_t i = 0; i < logits.rows(); ++i) {
    sum += (logits(i, c) - mean) * (logits(i, c) - mean);
  }
  return sum / static_cast<double>(logits.rows());
}

struct Mean {
  double sum = 0;
  std::size_t count = 0;
  void add(double value) {
    sum += value;
    ++count;
  }
  [[nodiscard]] double value() const { return count == 0 ? 0 : sum / static_cast<double>(count); }
};

}  // namespace

std::vector<double> class_losses(MatrixView<const float> dense, MatrixView<const float> pruned,
                                 MatrixView<const Label> labels) {
  NIWAKI_CHECK(dense.rows() > 0 && dense.rows() == pruned.rows() && dense.rows() == labels.rows() &&
                   dense.columns() == pruned.columns() && dense.columns() == labels.columns(),
               "{} and {} rows, {} of labels", dense.rows(), pruned.rows(), labels.rows());
  std::vector<double> losses;
  for (std::size_t c = 0; c < dense.columns(); ++c) {
    Mean positives;
    Mean others;
    for (std::size_t i = 0; i < dense.rows(); ++i) {
      const double difference = static_cast<double>(pruned(i, c)) - dense(i, c);
      if (labels(i, c) != Label::kUnknown) {
        (labels(i, c) == Label::kPositive ? positives : others).add(difference * difference);
      }
    }
    const double both = positives.count == 0 || others.count == 0 ? positives.value() + others.value()
                                                                  : (positives.value() + others.value()) / 2;
    const double variance = variance_of(dense, c);
    losses.push_back(variance > 0 ? both / variance : both);
  }
  return losses;
}

std::vector<std::vector<std::vector<double>>> layer_losses(const Graph& dense,
                                                           const std::vector<std::vector<float>>& importance,
                                                           std::span<const double> sparsities,
                                                           const LabelledPictures& pictures,
                                                           const std::function<void()>& done) {
  const std::vector<PrunableLayer> layers = prunable_layers(dense);
  NIWAKI_CHECK(layers.size() == importance.size(), "{} layers, {} of importance", layers.size(), importance.size());
  const std::size_t images = pictures.labels.rows();
  const std::size_t classes = pictures.labels.columns();
  const std::vector<float> expected = logits_of(dense, pictures);
  NIWAKI_CHECK(expected.size() == images * classes, "{} logits for {} images", expected.size(), images);
  std::vector<std::vector<std::vector<double>>> losses(layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    for (const double sparsity : sparsities) {
      throw_if_cancelled();
      if (sparsity == 0) {
        losses[i].emplace_back(classes, 0.0);
        continue;
      }
      const std::vector<float> found =
          logits_of(with_pruned_layer(dense, layers[i], importance[i], sparsity), pictures);
      losses[i].push_back(
          class_losses({expected.data(), images, classes}, {found.data(), images, classes}, pictures.labels));
      done();
    }
  }
  return losses;
}

std::size_t networks_run(const Graph& dense, std::span<const double> sparsities) {
  const auto pruned = sparsities.size() - static_cast<std::size_t>(std::ranges::count(sparsities, 0.0));
  return prunable_layers(dense).size() * pruned;
}

}  // namespace niwaki
