#pragma once

#include <string>
#include <vector>

#include "niwaki/cohort/cohort.hpp"
#include "niwaki/core/matrix_view.hpp"

namespace niwaki {

/// Which loss training descends, and its numbers. Each loss reads its own and leaves the others alone.
struct LossOptions {
  std::string name = "bce";         // one of losses()
  double weight_cap = 10;           // weighted-bce: no positive weighs more; at least 1
  double focal_gamma = 2;           // focal: exponent of 1 - p; 0 or more
  double gamma_positive = 1;        // asymmetric: exponent for positive labels; 0 or more
  double gamma_negative = 4;        // asymmetric: exponent for negative labels; 0, or 1 and more
  double probability_shift = 0.05;  // asymmetric: negatives of a lower probability count for nothing; 0 to below 1
  double effective_beta = 0.999;    // class-balanced, and ldam when it re-weights; 0 to below 1
  double largest_margin = 0.5;      // ldam: of the rarest class, in logits; 0 or more
  double reweight_after = 1;        // ldam: share of the epochs after which class-balanced weights come in; 1: never
  void check() const;               // throws InputError naming the field
};

struct LossDescription {
  std::string name;         // "focal"
  std::string description;  // one line, with its source
};
std::vector<LossDescription> losses();

/// A loss with what it must know of each class. z is a logit, p = 1 / (1 + exp(-z)), y the label (0 or 1), n the known
/// positive and m the known negative training labels of a class:
///
///   bce             -y log p - (1 - y) log(1 - p)
///   weighted-bce    -y w log p - (1 - y) log(1 - p), w = max(1, min(weight_cap, m / n))
///   focal           -y (1 - p)^gamma log p - (1 - y) p^gamma log(1 - p)
///                   Lin et al., ICCV 2017, eq. 4, for each class; without the factor alpha
///   asymmetric      -y (1 - p)^gamma_positive log p - (1 - y) q^gamma_negative log(1 - q), q = max(p - shift, 0)
///                   Ridnik, Ben-Baruch et al., ICCV 2021; differentiated in full, powers too
///   class-balanced  v bce, v in proportion to (1 - beta) / (1 - beta^n), mean 1
///                   Cui et al., CVPR 2019, for each class
///   ldam            bce with z - d in place of z where y = 1, d = largest_margin (n / smallest n)^(-1/4)
///                   Cao et al., NeurIPS 2019, for each class; logits are not rescaled
///
/// `class-balanced` weighs all labels of a class, its positives and its negatives alike. `ldam` in re-weighting is
/// v times itself (Cao et al.'s deferred re-weighting). A class without a positive training label has no frequency to
/// go by: its w and v are 1, its d is 0, and it takes no part in the means; it teaches by plain binary cross entropy
/// that it is absent.
struct LabelLoss {
  LossOptions options;
  bool reweighted = false;              // ldam: whether class weights count
  std::vector<float> positive_weights;  // w, one a class; may be empty where the loss does not ask
  std::vector<float> class_weights;     // v
  std::vector<float> margins;           // d
};

/// The loss for these training labels [images, classes]. Throws InputError as options.check().
LabelLoss label_loss(const LossOptions& options, MatrixView<const Label> training_labels);

/// Whether ldam re-weights in this epoch (1 first) of `epochs`.
bool reweights_in(const LossOptions& options, std::size_t epoch, std::size_t epochs);

/// The sum of a loss over the known labels of a batch, and how many these are.
struct LossSum {
  double sum = 0;
  double known = 0;
  [[nodiscard]] double mean() const { return sum / known; }
};

/// In double precision; `logits` and `labels` are [images, classes].
LossSum total_loss(const LabelLoss& loss, MatrixView<const float> logits, MatrixView<const Label> labels);

/// The loss of each label, and its derivative by the logit, in double precision; [images, classes]. 0 where a label is
/// unknown.
struct LossValues {
  std::vector<double> values;
  std::vector<double> derivatives;
};
LossValues loss_values(const LabelLoss& loss, MatrixView<const float> logits, MatrixView<const Label> labels);

}  // namespace niwaki
