#include "niwaki/budget/class_losses.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include "niwaki/core/error.hpp"
#include "niwaki/metrics/ranking.hpp"
#include "niwaki/predict/predictor.hpp"

namespace niwaki {
namespace {

/// By the engine with estimated costs, so that the same network gives the same bits in every process.
std::vector<float> logits_of(const Graph& graph, const LabelledPictures& pictures) {
  std::vector<float> logits =
      Predictor(graph, {.kind = EngineKind::kAuto, .measured_costs = false}).logits(pictures.pixels, pictures.shape);
  if (std::ranges::any_of(logits, [](float logit) { return std::isnan(logit); })) {
    throw InputError("the network gives logits that are not numbers", "calibration images",
                     "check its weights and the images (niwaki inspect, niwaki predict)");
  }
  return logits;
}

MatrixView<const float> rows_of(const std::vector<float>& logits, const LabelledPictures& pictures) {
  return {std::span(logits), pictures.labels.rows(), pictures.labels.columns()};
}

}  // namespace

ClassLosses::ClassLosses(MatrixView<const float> dense, MatrixView<const Label> labels, std::span<const double> weights)
    : weights_(weights.begin(), weights.end()) {
  NIWAKI_CHECK(dense.rows() == labels.rows() && dense.columns() == labels.columns(), "{} rows, {} of labels",
               dense.rows(), labels.rows());
  NIWAKI_CHECK(weights.empty() || weights.size() == labels.rows(), "{} weights, {} rows", weights.size(),
               labels.rows());
  if (weights_.empty()) {
    weights_.assign(labels.rows(), 1);
  }
  for (std::size_t c = 0; c < labels.columns(); ++c) {
    Class& of_class = classes_.emplace_back();
    for (const Label label : labels.column(c)) {
      of_class.labels.push_back(static_cast<std::int8_t>(label));
      of_class.positives += label == Label::kPositive ? 1 : 0;
    }
    of_class.dense = weighted_average_precision(dense.column(c), of_class.labels, weights_).value_or(0);
  }
  if (std::ranges::none_of(classes_, [](const Class& of_class) { return of_class.positives > 0; })) {
    throw InputError("no image shows a finding, so that no loss can be measured", "labels",
                     "give images with positive labels");
  }
}

std::vector<double> ClassLosses::of(MatrixView<const float> pruned) const {
  NIWAKI_CHECK(pruned.rows() == weights_.size() && pruned.columns() == classes_.size(), "{} rows, {} were expected",
               pruned.rows(), weights_.size());
  std::vector<double> losses;
  double sum = 0;
  double measured = 0;
  for (std::size_t c = 0; c < classes_.size(); ++c) {
    const Class& of_class = classes_[c];
    const auto precision = weighted_average_precision(pruned.column(c), of_class.labels, weights_);
    losses.push_back(precision ? std::max(0.0, 1 - *precision / of_class.dense) : 0);
    sum += losses.back();
    measured += precision ? 1 : 0;
  }
  const double mean = sum / measured;
  for (std::size_t c = 0; c < classes_.size(); ++c) {
    const double n = classes_[c].positives;
    losses[c] = (n * losses[c] + kShrinkage * mean) / (n + kShrinkage);
  }
  return losses;
}

LossMeter::LossMeter(const Graph& dense, const LabelledPictures& pictures)
    : pictures_(pictures), losses_(rows_of(logits_of(dense, pictures), pictures), pictures.labels, pictures.weights) {}

std::vector<double> LossMeter::losses(const Graph& pruned) const {
  return losses_.of(rows_of(logits_of(pruned, pictures_), pictures_));
}

}  // namespace niwaki
