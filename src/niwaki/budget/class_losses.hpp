#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "niwaki/cohort/cohort.hpp"
#include "niwaki/core/matrix_view.hpp"
#include "niwaki/model/graph.hpp"

namespace niwaki {

/// Pictures that a network's losses are measured on.
struct LabelledPictures {
  std::span<const float> pixels;  // [images, channels, height, width], normalised
  Shape shape;
  MatrixView<const Label> labels;  // [images, classes]
};

/// How little of each class's dense logits the pruned ones still tell: 1 - r |r|, with r Pearson's correlation over
/// pictures, the positives of a class weighing together as much as its other pictures. 0 where the pruned logits are
/// the dense ones up to a scale and a shift, which AUROC and average precision do not see either; 1 where they say
/// nothing of them; 2 where they are their contrary. Pictures whose label is unknown count for nothing; in a class
/// without a known positive (or without another picture) all weigh the same. 0 for a class whose dense logits never
/// vary: there is nothing to lose.
std::vector<double> class_losses(MatrixView<const float> dense, MatrixView<const float> pruned,
                                 MatrixView<const Label> labels);

/// Pearson's r behind such a loss.
double correlation_of(double loss);

/// class_losses() of networks against one dense network, which predicts the pictures once. `pictures` must outlive it.
class LossMeter {
 public:
  LossMeter(const Graph& dense, const LabelledPictures& pictures);
  [[nodiscard]] std::vector<double> losses(const Graph& pruned) const;
  [[nodiscard]] std::size_t classes() const { return pictures_.labels.columns(); }

 private:
  LabelledPictures pictures_;
  std::vector<float> dense_;  // logits, [images, classes]
};

}  // namespace niwaki
