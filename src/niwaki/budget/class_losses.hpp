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
  MatrixView<const Label> labels;        // [images, classes]
  std::span<const double> weights = {};  // how many pictures each stands for; empty: one
};

/// The positives that a class's own loss must have to count for half of what is said of it.
constexpr double kShrinkage = 30;

/// What pruning takes from each class. Of a class with n positives among the pictures the average precision falls by
/// the share l = 1 - AP / AP of the dense network (below 0 where it rises), which few positives tell badly; so it is
/// drawn towards the mean m over classes: (n l + kShrinkage m) / (n + kShrinkage), the empirical Bayes estimate
/// (Morris, JASA 78, 1983) where l has kShrinkage times the variance from positive to positive that it has from class
/// to class. m for a class without a known positive. Pictures count by their weights, those of unknown label for
/// nothing. Throws InputError where no class has a positive.
class ClassLosses {
 public:
  /// `dense`: logits [images, classes]. `weights`: one a picture; empty: all 1.
  ClassLosses(MatrixView<const float> dense, MatrixView<const Label> labels, std::span<const double> weights);
  [[nodiscard]] std::vector<double> of(MatrixView<const float> pruned) const;
  [[nodiscard]] std::size_t classes() const { return classes_.size(); }

 private:
  struct Class {
    std::vector<std::int8_t> labels;
    double positives = 0;  // pictures
    double dense = 0;      // average precision
  };
  std::vector<Class> classes_;
  std::vector<double> weights_;
};

/// ClassLosses of networks, which predict the pictures. `pictures` must outlive it. Throws InputError as ClassLosses
/// does, and for a network that gives NaN.
class LossMeter {
 public:
  LossMeter(const Graph& dense, const LabelledPictures& pictures);
  [[nodiscard]] std::vector<double> losses(const Graph& pruned) const;
  [[nodiscard]] std::size_t classes() const { return losses_.classes(); }

 private:
  LabelledPictures pictures_;
  ClassLosses losses_;
};

}  // namespace niwaki
