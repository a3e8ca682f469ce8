#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "niwaki/cohort/cohort.hpp"
#include "niwaki/core/matrix_view.hpp"
#include "niwaki/train/learner.hpp"

namespace niwaki {

struct ConstraintOptions {
  double step = 0.5;           // by which a class's multiplier follows how far it is behind; 0: never; at most 100
  double largest = 10;         // multiplier; 0 to 1000
  double tail_exponent = 0.5;  // 0: all classes weigh alike; 1: as the inverse of what chance alone would lose
  double tail_shrinkage = 20;  // positive training images at which a class has half of its tail weight; 0 or more
  void check() const;          // throws InputError naming the field
};

/// How a class stood in an epoch.
struct ClassStanding {
  double loss = 0;  // mean binary cross entropy over the epoch's known labels, each before its step; 0 without one
  double dense_loss = 0;  // the dense network's, of the same pictures
  double weight = 1;      // of the class in that epoch
};

/// Class weights for fine-tuning that keep each class's loss no worse than the dense network's. The Lagrangian of
///
///   least mean loss, subject to loss_c <= dense loss_c for each class c
///
/// weighs class c by 1 + lambda_c, and dual ascent raises lambda_c where the class is behind and lowers it where it is
/// ahead (as group DRO reweighs groups, Sagawa et al., ICLR 2020, where the bound is each class's own):
///
///   lambda_c <- clip(lambda_c + step s_c clip(loss_c / dense loss_c - 1, -1, 1), 0, largest)   after each epoch
///   weight_c in proportion to t_c (1 + lambda_c), with mean 1
///   t_c = 1 + s_c ((mean H / H_c)^tail_exponent - 1),   s_c = n_c / (n_c + tail_shrinkage)
///
/// n_c are the class's positive training labels, H_c the cross entropy of a network that knows only how frequent the
/// class is, so that losses of rare classes, small because these are rare, count on one scale with others; the mean is
/// over classes with a positive. s_c trusts a class as far as its positives allow: with few of them its losses are
/// chance. Without a positive s_c is 0: the class has tail weight 1 and no multiplier.
class ClassConstraints {
 public:
  ClassConstraints(const ConstraintOptions& options, MatrixView<const Label> training_labels);

  /// Mean 1 over classes.
  [[nodiscard]] const std::vector<float>& weights() const { return weights_; }
  /// Hears the logits [batch, classes] of a batch that has the dense network's.
  void add(const LabelledBatch& batch, std::span<const float> logits);
  /// Raises and lowers, and begins the next epoch.
  std::vector<ClassStanding> end_epoch();

 private:
  struct Sums {
    double loss = 0;
    double dense_loss = 0;
    double known = 0;
  };

  void raise_and_lower();
  void weigh();

  const ConstraintOptions options_;
  std::vector<double> trust_;         // s
  std::vector<double> tail_weights_;  // t
  std::vector<double> multipliers_;   // lambda
  std::vector<float> weights_;
  std::vector<Sums> sums_;
};

}  // namespace niwaki
