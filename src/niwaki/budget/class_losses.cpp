#include "niwaki/budget/class_losses.hpp"

#include <cstdint>

#include "niwaki/core/error.hpp"
#include "niwaki/metrics/ranking.hpp"
#include "niwaki/predict/predictor.hpp"

namespace niwaki {
namespace {

/// By the engine with estimated costs, so that the same network gives the same bits in every process.
std::vector<float> logits_of(const Graph& graph, const LabelledPictures& pictures) {
  return Predictor(graph, {.kind = EngineKind::kAuto, .measured_costs = false}).logits(pictures.pixels, pictures.shape);
}

MatrixView<const float> rows_of(const std::vector<float>& logits, const LabelledPictures& pictures) {
  return {logits.data(), pictures.labels.rows(), pictures.labels.columns()};
}

std::vector<float> column_of(MatrixView<const float> logits, std::size_t c) {
  std::vector<float> column(logits.rows());
  for (std::size_t i = 0; i < column.size(); ++i) {
    column[i] = logits(i, c);
  }
  return column;
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
  double positives = 0;
  for (std::size_t c = 0; c < labels.columns(); ++c) {
    Class& of_class = classes_.emplace_back();
    for (std::size_t i = 0; i < labels.rows(); ++i) {
      const Label label = labels(i, c);
      of_class.labels.push_back(label == Label::kUnknown ? std::int8_t{-1} : label == Label::kPositive ? 1 : 0);
      of_class.positives += label == Label::kPositive ? 1 : 0;
    }
    of_class.dense = weighted_average_precision(column_of(dense, c), of_class.labels, weights_).value_or(0);
    positives += of_class.positives;
  }
  if (positives == 0) {
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
    const auto precision = weighted_average_precision(column_of(pruned, c), of_class.labels, weights_);
    losses.push_back(precision ? 1 - *precision / of_class.dense : 0);
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
