#include "niwaki/train/class_constraints.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

/// Does not overflow.
double cross_entropy(double logit, double target) {
  return std::log1p(std::exp(-std::abs(logit))) + std::fmax(logit, 0.0) - logit * target;
}

/// What a network loses that gives every picture the class's frequency.
double entropy(double frequency) {
  return frequency > 0 && frequency < 1 ? -frequency * std::log(frequency) - (1 - frequency) * std::log(1 - frequency)
                                        : 0;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

void check_range(double value, double high, const char* field) {
  if (!(value >= 0 && value <= high)) {
    throw InputError(fmt::format("{} is out of range", value), fmt::format("finetune.{}", field),
                     fmt::format("choose 0 to {}", high));
  }
}

}  // namespace

void ConstraintOptions::check() const {
  check_range(step, 100, "constraint_step");
  check_range(largest, 1000, "largest_multiplier");
  check_range(tail_exponent, 2, "tail_exponent");
  check_range(tail_shrinkage, 1e9, "tail_shrinkage");
}

ClassConstraints::ClassConstraints(const ConstraintOptions& options, MatrixView<const Label> training_labels)
    : options_(options), multipliers_(training_labels.columns()), sums_(training_labels.columns()) {
  std::vector<double> entropies;
  std::vector<double> with_a_positive;
  for (std::size_t c = 0; c < training_labels.columns(); ++c) {
    const std::vector<Label> labels = training_labels.column(c);
    const auto positives = static_cast<double>(std::ranges::count(labels, Label::kPositive));
    const double known = positives + static_cast<double>(std::ranges::count(labels, Label::kNegative));
    entropies.push_back(positives > 0 ? entropy(positives / known) : 0);
    trust_.push_back(entropies.back() > 0 ? positives / (positives + options.tail_shrinkage) : 0);
    if (entropies.back() > 0) {
      with_a_positive.push_back(entropies.back());
    }
  }
  for (std::size_t c = 0; c < entropies.size(); ++c) {
    const double ratio = entropies[c] > 0 ? mean(with_a_positive) / entropies[c] : 1;
    tail_weights_.push_back(1 + trust_[c] * (std::pow(ratio, options.tail_exponent) - 1));
  }
  weigh();
}

void ClassConstraints::add(const LabelledBatch& batch, std::span<const float> logits) {
  NIWAKI_CHECK(logits.size() == batch.targets.size() && batch.dense_logits.size() == batch.targets.size(),
               "{} and {} logits for {} labels", logits.size(), batch.dense_logits.size(), batch.targets.size());
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (batch.known[i] > 0) {
      Sums& sums = sums_[i % sums_.size()];
      sums.loss += cross_entropy(logits[i], batch.targets[i]);
      sums.dense_loss += cross_entropy(batch.dense_logits[i], batch.targets[i]);
      sums.known += 1;
    }
  }
}

std::vector<ClassStanding> ClassConstraints::end_epoch() {
  std::vector<ClassStanding> standings;
  for (std::size_t c = 0; c < sums_.size(); ++c) {
    const double known = std::fmax(sums_[c].known, 1);
    standings.push_back(
        {.loss = sums_[c].loss / known, .dense_loss = sums_[c].dense_loss / known, .weight = weights_[c]});
  }
  raise_and_lower();
  weigh();
  std::ranges::fill(sums_, Sums{});
  return standings;
}

void ClassConstraints::raise_and_lower() {
  constexpr double kSmallestLoss = 1e-12;  // a dense network that is certain and right: any loss is far behind it
  for (std::size_t c = 0; c < sums_.size(); ++c) {
    if (sums_[c].known > 0) {
      const double behind = sums_[c].loss / std::fmax(sums_[c].dense_loss, kSmallestLoss) - 1;
      multipliers_[c] = std::clamp(multipliers_[c] + options_.step * trust_[c] * std::clamp(behind, -1.0, 1.0), 0.0,
                                   options_.largest);
    }
  }
}

void ClassConstraints::weigh() {
  std::vector<double> raw;
  for (std::size_t c = 0; c < sums_.size(); ++c) {
    raw.push_back(tail_weights_[c] * (1 + multipliers_[c]));
  }
  const double scale = mean(raw);
  weights_.clear();
  for (const double weight : raw) {
    weights_.push_back(static_cast<float>(weight / scale));
  }
}

}  // namespace niwaki
