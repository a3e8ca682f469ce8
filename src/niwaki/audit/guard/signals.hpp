#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/audit/guard/cholesky.hpp"
#include "niwaki/audit/guard/guard_data.hpp"
#include "niwaki/audit/guard/standardised.hpp"
#include "niwaki/core/matrix_view.hpp"
#include "niwaki/metrics/row_ranks.hpp"

namespace niwaki {

/// What a signal needs besides the pruned network's own scores.
/// kDenseNetwork: no signal for a guard, but the ranking that a faultless one would have.
enum class SignalNeeds { kNothing, kSecondNetwork, kFeatures, kDenseNetwork };

struct SignalName {
  std::string name;
  SignalNeeds needs = SignalNeeds::kNothing;
};

/// Of some images: one column a signal, [images, signals] row-major. Every signal rises with how unsure the pruned
/// network's answer is, or how likely it is that the dense network would answer otherwise.
struct SignalTable {
  std::size_t images = 0;
  std::size_t signals = 0;
  std::vector<double> values;

  [[nodiscard]] MatrixView<const double> view() const { return {values.data(), images, signals}; }
};

/// One more column.
void add_column(const std::vector<double>& values, SignalTable& table);

/// 1 - Spearman's correlation of the rows of two tables; 2 (the worst) where a row is constant and has none.
std::vector<double> rank_distance(const RowRanks& a, const RowRanks& b);

/// A probability's logit; probabilities nearer to 0 or 1 than 2^-23 count as that far away (as in the audit's log
/// loss).
double bounded_logit(float probability);
/// The logits of a table of probabilities.
std::vector<double> bounded_logits(MatrixView<const float> probabilities);

/// Dense logits foretold from some inputs of the pruned network: a ridge regression for every class, inputs
/// standardised, outputs centred (Hoerl & Kennard, Technometrics 12, 1970), the ridge being `kRidge` times the number
/// of rows.
class ForetoldLogits {
 public:
  static constexpr double kRidge = 0.003;

  /// Learns from the rows at `chosen`. `inputs`: [images, inputs], `outputs`: [images, classes].
  ForetoldLogits(MatrixView<const double> inputs, MatrixView<const double> outputs,
                 std::span<const std::size_t> chosen);
  /// One a class.
  [[nodiscard]] std::vector<double> of(std::span<const double> input) const;

 private:
  Standardiser standardiser_;
  std::vector<double> means_;         // of the outputs
  std::vector<double> coefficients_;  // [classes, inputs]
};

/// The Mahalanobis distance of features to those of the calibration images (Lee et al., NeurIPS 2018, there by class):
/// features are standardised, their covariance is mixed with the identity, `kShrinkage` of the latter (Ledoit & Wolf,
/// 2004, with a fixed weight).
class FeatureDistance {
 public:
  static constexpr double kShrinkage = 0.1;

  FeatureDistance(MatrixView<const double> features, std::span<const std::size_t> chosen);
  [[nodiscard]] double of(std::span<const double> features) const;

 private:
  Standardiser standardiser_;
  std::vector<double> covariance_;
  Cholesky factor_;
};

/// The signals of one seed's pruned network that need no run of the dense one. What they must know of the pruned
/// network and of the dense one is learnt on the calibration images. Those that learn more than a few numbers
/// (foretold, features) are learnt anew without a fold of the patients to be told of that fold, so that calibration
/// images are told of as new ones are. Definitions: docs/guard.md.
class GuardSignals {
 public:
  struct Learnt {
    const std::vector<double>& thresholds;    // operating points, one a class; NaN: none
    const std::vector<std::size_t>& rarest;   // classes that count as the tail; may be empty
    const std::vector<std::uint32_t>& folds;  // of each calibration image; kFolds of them, whole patients
  };
  static constexpr std::uint32_t kFolds = 5;

  /// Keeps copies of what it needs.
  GuardSignals(const GuardTables& calibration, const Learnt& learnt);

  [[nodiscard]] const std::vector<SignalName>& names() const { return names_; }
  /// Of the calibration images.
  [[nodiscard]] const SignalTable& calibration() const { return calibration_; }
  /// Of other images, which have what the calibration images had.
  [[nodiscard]] SignalTable of(const GuardTables& tables) const;

  /// Dense probabilities [images, classes] foretold from the pruned network's scores, or (`both`) from the second
  /// network's too. Of the calibration images: by the fits without their folds.
  [[nodiscard]] std::vector<float> foretold(const GuardTables& tables, bool both) const;
  [[nodiscard]] std::vector<float> calibration_foretold(const GuardTables& calibration, bool both) const;

  struct Fitted {  // on all calibration images, or on all but a fold
    std::optional<ForetoldLogits> from_scores, from_both, from_features;
    std::optional<FeatureDistance> distance;
  };

 private:
  [[nodiscard]] Fitted fit(const GuardTables& tables, std::span<const std::size_t> chosen) const;
  [[nodiscard]] std::vector<const Fitted*> fits_of_calibration() const;
  void learn_scales(const GuardTables& tables);
  /// `fitted`: of each image.
  [[nodiscard]] SignalTable told(const GuardTables& tables, const std::vector<const Fitted*>& fitted) const;
  void add_scores(const GuardTables& tables, const std::vector<const Fitted*>& fitted, SignalTable& table) const;
  void add_second(const GuardTables& tables, const std::vector<const Fitted*>& fitted, SignalTable& table) const;
  void add_features(const GuardTables& tables, const std::vector<const Fitted*>& fitted, SignalTable& table) const;

  std::vector<SignalName> names_;
  std::vector<double> thresholds_;    // logits; NaN: none
  std::vector<double> scales_;        // of each class's pruned logits: their deviation; 0: constant
  std::vector<double> usual_scores_;  // of each class: mean rank of its pruned score within an image
  std::vector<std::size_t> rarest_;
  Fitted fitted_;
  std::vector<Fitted> without_;       // each fold
  std::vector<std::uint32_t> folds_;  // of the calibration images
  SignalTable calibration_;
};

}  // namespace niwaki
