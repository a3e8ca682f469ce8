#include "niwaki/audit/guard/signals.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/metrics/row_ranks.hpp"
#include "niwaki/scores/table.hpp"

namespace niwaki {
namespace {

constexpr double kNearestToEnds = 0x1p-23;  // a probability's distance from 0 and 1
constexpr double kNoCorrelation = 2.0;      // where a row is constant: taken as the worst

std::vector<double> doubles(MatrixView<const float> values) {
  return {values.values().begin(), values.values().end()};
}

/// In nats, of one class.
double binary_entropy(double logit) {
  const double chance = 1.0 / (1.0 + std::exp(-std::abs(logit)));
  return -chance * std::log(chance) - (1.0 - chance) * std::log1p(-chance);
}

/// [chosen, columns].
std::vector<double> standardised_rows(const Standardiser& standardiser, MatrixView<const double> table,
                                      std::span<const std::size_t> chosen) {
  std::vector<double> rows;
  rows.reserve(chosen.size() * table.columns());
  for (const std::size_t row : chosen) {
    const std::vector<double> values = standardiser.apply(table.row(row));
    rows.insert(rows.end(), values.begin(), values.end());
  }
  return rows;
}

/// The lower triangle of X^T X.
std::vector<double> gram(MatrixView<const double> rows) {
  const std::size_t columns = rows.columns();
  std::vector<double> products(columns * columns, 0.0);
  parallel_for(columns, [&](std::size_t i) {
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      const double* const values = rows.row(row).data();
      for (std::size_t j = 0; j <= i; ++j) {
        products[i * columns + j] += values[i] * values[j];
      }
    }
  });
  return products;
}

std::vector<double> shrunk_covariance(const Standardiser& standardiser, MatrixView<const double> features,
                                      std::span<const std::size_t> chosen) {
  const std::vector<double> rows = standardised_rows(standardiser, features, chosen);
  const std::size_t columns = features.columns();
  std::vector<double> covariance = gram({rows.data(), chosen.size(), columns});
  const double weight = (1.0 - FeatureDistance::kShrinkage) / static_cast<double>(chosen.size());
  for (double& value : covariance) {
    value *= weight;
  }
  for (std::size_t column = 0; column < columns; ++column) {
    covariance[column * columns + column] += FeatureDistance::kShrinkage;
  }
  return covariance;
}

std::vector<double> side_by_side(const std::vector<double>& a, const std::vector<double>& b, std::size_t columns) {
  std::vector<double> both;
  both.reserve(a.size() + b.size());
  for (std::size_t begin = 0; begin < a.size(); begin += columns) {
    for (const std::vector<double>* const values : {&a, &b}) {
      const auto first = values->begin() + static_cast<std::ptrdiff_t>(begin);
      both.insert(both.end(), first, first + static_cast<std::ptrdiff_t>(columns));
    }
  }
  return both;
}

using ForetoldFrom = std::optional<ForetoldLogits> GuardSignals::Fitted::*;

/// [images, classes], from `inputs` [images, any].
std::vector<double> foretold_logits(const std::vector<double>& inputs, std::size_t classes,
                                    const std::vector<const GuardSignals::Fitted*>& fitted, ForetoldFrom from) {
  const std::size_t width = inputs.size() / fitted.size();
  std::vector<double> logits(fitted.size() * classes);
  parallel_for(fitted.size(), [&](std::size_t row) {
    const std::vector<double> here = (fitted[row]->*from)->of(std::span(inputs).subspan(row * width, width));
    std::ranges::copy(here, logits.begin() + static_cast<std::ptrdiff_t>(row * classes));
  });
  return logits;
}

/// How far the dense order that is foretold lies from the pruned one.
std::vector<double> foretold_distance(const RowRanks& pruned, const std::vector<double>& inputs,
                                      const std::vector<const GuardSignals::Fitted*>& fitted, ForetoldFrom from) {
  const std::vector<double> logits = foretold_logits(inputs, pruned.columns(), fitted, from);
  return rank_distance(pruned, RowRanks(MatrixView<const double>(logits.data(), fitted.size(), pruned.columns())));
}

std::vector<float> foretold_probabilities(const GuardTables& tables, bool both,
                                          const std::vector<const GuardSignals::Fitted*>& fitted) {
  std::vector<double> inputs = bounded_logits(tables.view(tables.pruned));
  if (both) {
    inputs = side_by_side(inputs, bounded_logits(tables.view(tables.second)), tables.classes);
  }
  const ForetoldFrom from = both ? &GuardSignals::Fitted::from_both : &GuardSignals::Fitted::from_scores;
  const std::vector<double> logits = foretold_logits(inputs, tables.classes, fitted, from);
  std::vector<float> probabilities(logits.size());
  std::ranges::transform(logits, probabilities.begin(),
                         [](double logit) { return probability(static_cast<float>(logit)); });
  return probabilities;
}

}  // namespace

std::vector<double> rank_distance(const RowRanks& a, const RowRanks& b) {
  std::vector<double> distances = a.spearman(b);
  for (double& value : distances) {
    value = std::isnan(value) ? kNoCorrelation : 1.0 - value;
  }
  return distances;
}

void add_column(const std::vector<double>& values, SignalTable& table) {
  NIWAKI_CHECK(values.size() == table.images, "{} values for {} images", values.size(), table.images);
  std::vector<double> wider;
  wider.reserve(table.values.size() + values.size());
  for (std::size_t row = 0; row < table.images; ++row) {
    const std::span<const double> old = table.view().row(row);
    wider.insert(wider.end(), old.begin(), old.end());
    wider.push_back(values[row]);
  }
  table.values = std::move(wider);
  ++table.signals;
}

double bounded_logit(float probability) {
  const double bounded = std::clamp(static_cast<double>(probability), kNearestToEnds, 1.0 - kNearestToEnds);
  return std::log(bounded / (1.0 - bounded));
}

std::vector<double> bounded_logits(MatrixView<const float> probabilities) {
  std::vector<double> logits(probabilities.size());
  std::ranges::transform(probabilities.values(), logits.begin(), bounded_logit);
  return logits;
}

ForetoldLogits::ForetoldLogits(MatrixView<const double> inputs, MatrixView<const double> outputs,
                               std::span<const std::size_t> chosen)
    : standardiser_(inputs, chosen), means_(outputs.columns()), coefficients_(outputs.columns() * inputs.columns()) {
  const std::size_t columns = inputs.columns();
  const std::vector<double> rows = standardised_rows(standardiser_, inputs, chosen);
  std::vector<double> products = gram({rows.data(), chosen.size(), columns});
  for (std::size_t column = 0; column < columns; ++column) {
    products[column * columns + column] += kRidge * static_cast<double>(chosen.size());
  }
  const Cholesky factor({products.data(), columns, columns});
  for (std::size_t output = 0; output < outputs.columns(); ++output) {
    double sum = 0.0;
    for (const std::size_t row : chosen) {
      sum += outputs(row, output);
    }
    means_[output] = sum / static_cast<double>(chosen.size());
    std::vector<double> right(columns, 0.0);
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      for (std::size_t column = 0; column < columns; ++column) {
        right[column] += rows[i * columns + column] * (outputs(chosen[i], output) - means_[output]);
      }
    }
    std::ranges::copy(factor.solve(right), coefficients_.begin() + static_cast<std::ptrdiff_t>(output * columns));
  }
}

std::vector<double> ForetoldLogits::of(std::span<const double> input) const {
  const std::vector<double> standardised = standardiser_.apply(input);
  std::vector<double> logits(means_);
  for (std::size_t output = 0; output < logits.size(); ++output) {
    logits[output] +=
        std::inner_product(standardised.begin(), standardised.end(), &coefficients_[output * standardised.size()], 0.0);
  }
  return logits;
}

FeatureDistance::FeatureDistance(MatrixView<const double> features, std::span<const std::size_t> chosen)
    : standardiser_(features, chosen),
      covariance_(shrunk_covariance(standardiser_, features, chosen)),
      factor_({covariance_.data(), features.columns(), features.columns()}) {}

double FeatureDistance::of(std::span<const double> features) const {
  return std::sqrt(factor_.inverse_form(standardiser_.apply(features)));
}

GuardSignals::GuardSignals(const GuardTables& calibration, const Learnt& learnt)
    : rarest_(learnt.rarest), folds_(learnt.folds) {
  NIWAKI_CHECK(learnt.folds.size() == calibration.images, "{} folds for {} images", learnt.folds.size(),
               calibration.images);
  for (const double threshold : learnt.thresholds) {
    thresholds_.push_back(std::isnan(threshold) ? threshold : bounded_logit(static_cast<float>(threshold)));
  }
  names_ = {{"margin"}, {"entropy"}, {"tail"}, {"order"}, {"foretold"}};
  if (!calibration.second.empty()) {
    for (const char* const name : {"second-order", "second-logit", "second-calls", "second-foretold"}) {
      names_.push_back({name, SignalNeeds::kSecondNetwork});
    }
  }
  if (calibration.feature_count > 0) {
    names_.push_back({"feature-distance", SignalNeeds::kFeatures});
    names_.push_back({"feature-foretold", SignalNeeds::kFeatures});
  }
  learn_scales(calibration);
  fitted_ = fit(calibration, all_rows(calibration.images));
  for (std::uint32_t fold = 0; fold < kFolds; ++fold) {
    std::vector<std::size_t> others;
    for (std::size_t row = 0; row < calibration.images; ++row) {
      if (learnt.folds[row] != fold) {
        others.push_back(row);
      }
    }
    // A fold may hold no patient, but never all of them: guard() sees to that.
    without_.push_back(fit(calibration, others));
  }
  calibration_ = told(calibration, fits_of_calibration());
}

void GuardSignals::learn_scales(const GuardTables& tables) {
  const std::vector<double> logits = bounded_logits(tables.view(tables.pruned));
  scales_ = Standardiser({logits.data(), tables.images, tables.classes}, all_rows(tables.images)).deviations();
  usual_scores_ = RowRanks(tables.view(tables.pruned)).rank_sums();
}

GuardSignals::Fitted GuardSignals::fit(const GuardTables& tables, std::span<const std::size_t> chosen) const {
  const std::vector<double> dense = bounded_logits(tables.view(tables.dense));
  const std::vector<double> pruned = bounded_logits(tables.view(tables.pruned));
  const MatrixView<const double> outputs(dense.data(), tables.images, tables.classes);
  Fitted fitted;
  fitted.from_scores.emplace(MatrixView<const double>(pruned.data(), tables.images, tables.classes), outputs, chosen);
  if (!tables.second.empty()) {
    const std::vector<double> both = side_by_side(pruned, bounded_logits(tables.view(tables.second)), tables.classes);
    fitted.from_both.emplace(MatrixView<const double>(both.data(), tables.images, 2 * tables.classes), outputs, chosen);
  }
  if (tables.feature_count > 0) {
    const std::vector<double> features = doubles(tables.feature_view());
    const MatrixView<const double> inputs(features.data(), tables.images, tables.feature_count);
    fitted.from_features.emplace(inputs, outputs, chosen);
    fitted.distance.emplace(inputs, chosen);
  }
  return fitted;
}

void GuardSignals::add_scores(const GuardTables& tables, const std::vector<const Fitted*>& fitted,
                              SignalTable& table) const {
  const std::size_t classes = tables.classes;
  const std::vector<double> logits = bounded_logits(tables.view(tables.pruned));
  std::vector<double> margins(tables.images);
  std::vector<double> entropies(tables.images, 0.0);
  std::vector<double> tails(tables.images);
  for (std::size_t row = 0; row < tables.images; ++row) {
    const double* const here = &logits[row * classes];
    const auto beyond = [&](std::size_t of) { return (here[of] - thresholds_[of]) / scales_[of]; };
    const auto counts = [&](std::size_t of) { return !std::isnan(thresholds_[of]) && scales_[of] > 0.0; };
    double nearest = std::numeric_limits<double>::infinity();
    for (std::size_t of = 0; of < classes; ++of) {
      entropies[row] += binary_entropy(here[of]);
      nearest = counts(of) ? std::min(nearest, std::abs(beyond(of))) : nearest;
    }
    double highest = -std::numeric_limits<double>::infinity();
    for (const std::size_t of : rarest_) {
      highest = counts(of) ? std::max(highest, beyond(of)) : highest;
    }
    margins[row] = std::isfinite(nearest) ? -nearest : 0.0;
    tails[row] = std::isfinite(highest) ? highest : 0.0;
  }
  const RowRanks ranks(tables.view(tables.pruned));
  add_column(margins, table);
  add_column(entropies, table);
  add_column(tails, table);
  add_column(rank_distance(ranks, RowRanks(MatrixView<const double>(usual_scores_.data(), 1, classes))), table);
  add_column(foretold_distance(ranks, logits, fitted, &Fitted::from_scores), table);
}

void GuardSignals::add_second(const GuardTables& tables, const std::vector<const Fitted*>& fitted,
                              SignalTable& table) const {
  const std::size_t classes = tables.classes;
  const std::vector<double> logits = bounded_logits(tables.view(tables.pruned));
  const std::vector<double> second = bounded_logits(tables.view(tables.second));
  const RowRanks ranks(tables.view(tables.pruned));
  std::vector<double> largest(tables.images, 0.0);
  std::vector<double> calls(tables.images, 0.0);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double threshold = thresholds_[i % classes];
    largest[i / classes] = std::max(largest[i / classes], std::abs(logits[i] - second[i]));
    calls[i / classes] += (logits[i] >= threshold) != (second[i] >= threshold) ? 1.0 : 0.0;
  }
  add_column(rank_distance(ranks, RowRanks(tables.view(tables.second))), table);
  add_column(largest, table);
  add_column(calls, table);
  add_column(foretold_distance(ranks, side_by_side(logits, second, classes), fitted, &Fitted::from_both), table);
}

void GuardSignals::add_features(const GuardTables& tables, const std::vector<const Fitted*>& fitted,
                                SignalTable& table) const {
  const std::vector<double> features = doubles(tables.feature_view());
  std::vector<double> distances(tables.images);
  parallel_for(tables.images, [&](std::size_t row) {
    const std::span<const double> here = std::span(features).subspan(row * tables.feature_count, tables.feature_count);
    distances[row] = fitted[row]->distance->of(here);
  });
  add_column(distances, table);
  const RowRanks ranks(tables.view(tables.pruned));
  add_column(foretold_distance(ranks, features, fitted, &Fitted::from_features), table);
}

SignalTable GuardSignals::told(const GuardTables& tables, const std::vector<const Fitted*>& fitted) const {
  SignalTable table{tables.images, 0, {}};
  add_scores(tables, fitted, table);
  if (!tables.second.empty()) {
    add_second(tables, fitted, table);
  }
  if (tables.feature_count > 0) {
    add_features(tables, fitted, table);
  }
  NIWAKI_CHECK(table.signals == names_.size(), "{} of {} signals", table.signals, names_.size());
  return table;
}

std::vector<const GuardSignals::Fitted*> GuardSignals::fits_of_calibration() const {
  std::vector<const Fitted*> fitted;
  for (const std::uint32_t fold : folds_) {
    fitted.push_back(&without_[fold]);
  }
  return fitted;
}

std::vector<float> GuardSignals::foretold(const GuardTables& tables, bool both) const {
  return foretold_probabilities(tables, both, std::vector<const Fitted*>(tables.images, &fitted_));
}

std::vector<float> GuardSignals::calibration_foretold(const GuardTables& calibration, bool both) const {
  return foretold_probabilities(calibration, both, fits_of_calibration());
}

SignalTable GuardSignals::of(const GuardTables& tables) const {
  return told(tables, std::vector<const Fitted*>(tables.images, &fitted_));
}

}  // namespace niwaki
