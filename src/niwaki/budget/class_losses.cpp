#include "niwaki/budget/class_losses.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "niwaki/core/error.hpp"
#include "niwaki/predict/predictor.hpp"

namespace niwaki {
namespace {

/// By the engine with estimated costs, so that the same network gives the same bits in every process.
std::vector<float> logits_of(const Graph& graph, const LabelledPictures& pictures) {
  return Predictor(graph, {.kind = EngineKind::kAuto, .measured_costs = false}).logits(pictures.pixels, pictures.shape);
}

/// One weight a picture; those of the positives sum to what those of the others do.
std::vector<double> balanced_weights(MatrixView<const Label> labels, std::size_t c) {
  double positives = 0;
  double others = 0;
  for (std::size_t i = 0; i < labels.rows(); ++i) {
    (labels(i, c) == Label::kPositive ? positives : others) += labels(i, c) == Label::kUnknown ? 0 : 1;
  }
  const bool balanced = positives > 0 && others > 0;
  std::vector<double> weights;
  for (std::size_t i = 0; i < labels.rows(); ++i) {
    const double of_its_kind = labels(i, c) == Label::kPositive ? positives : others;
    weights.push_back(labels(i, c) == Label::kUnknown ? 0 : balanced ? 1 / of_its_kind : 1);
  }
  return weights;
}

bool varies(MatrixView<const float> logits, std::size_t c, const std::vector<double>& weights) {
  std::optional<float> first;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] > 0 && logits(i, c) != first.value_or(logits(i, c))) {
      return true;
    }
    first = weights[i] > 0 ? logits(i, c) : first;
  }
  return false;
}

class WeighedPair {
 public:
  WeighedPair(MatrixView<const float> a, MatrixView<const float> b, std::size_t c, const std::vector<double>& weights)
      : a_(a), b_(b), c_(c), weights_(weights) {
    double sum = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      sum += weights[i];
      mean_a_ += weights[i] * a(i, c);
      mean_b_ += weights[i] * b(i, c);
    }
    mean_a_ /= sum > 0 ? sum : 1;
    mean_b_ /= sum > 0 ? sum : 1;
  }

  /// 0 where one of both does not vary.
  [[nodiscard]] double correlation() const {
    double aa = 0;
    double bb = 0;
    double ab = 0;
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      const double a = a_(i, c_) - mean_a_;
      const double b = b_(i, c_) - mean_b_;
      aa += weights_[i] * a * a;
      bb += weights_[i] * b * b;
      ab += weights_[i] * a * b;
    }
    return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
  }

 private:
  MatrixView<const float> a_;
  MatrixView<const float> b_;
  std::size_t c_;
  const std::vector<double>& weights_;
  double mean_a_ = 0;
  double mean_b_ = 0;
};

}  // namespace

std::vector<double> class_losses(MatrixView<const float> dense, MatrixView<const float> pruned,
                                 MatrixView<const Label> labels) {
  NIWAKI_CHECK(dense.rows() > 0 && dense.rows() == pruned.rows() && dense.rows() == labels.rows() &&
                   dense.columns() == pruned.columns() && dense.columns() == labels.columns(),
               "{} and {} rows, {} of labels", dense.rows(), pruned.rows(), labels.rows());
  std::vector<double> losses;
  for (std::size_t c = 0; c < dense.columns(); ++c) {
    const std::vector<double> weights = balanced_weights(labels, c);
    const double r = WeighedPair(dense, pruned, c, weights).correlation();
    losses.push_back(varies(dense, c, weights) ? std::max(0.0, 1 - r * std::abs(r)) : 0);
  }
  return losses;
}

double correlation_of(double loss) {
  return std::copysign(std::sqrt(std::abs(1 - loss)), 1 - loss);
}

LossMeter::LossMeter(const Graph& dense, const LabelledPictures& pictures)
    : pictures_(pictures), dense_(logits_of(dense, pictures)) {
  NIWAKI_CHECK(dense_.size() == pictures.labels.rows() * pictures.labels.columns(), "{} logits for {} images",
               dense_.size(), pictures.labels.rows());
}

std::vector<double> LossMeter::losses(const Graph& pruned) const {
  const std::vector<float> found = logits_of(pruned, pictures_);
  const std::size_t images = pictures_.labels.rows();
  const std::size_t classes = pictures_.labels.columns();
  return class_losses({dense_.data(), images, classes}, {found.data(), images, classes}, pictures_.labels);
}

}  // namespace niwaki
