#include "niwaki/audit/guard/signals.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/metrics/row_ranks.hpp"

namespace niwaki {
namespace {

constexpr double kNearestToEnds = 0x1p-23;  // a probability's distance from 0 and 1
constexpr double kNoCorrelation = 2.0;      // 1 - Spearman's where a row is constant: taken as the worst

std::vector<double> doubles(MatrixView<const float> values) {
  return {values.values().begin(), values.values().end()};
}

/// In nats, of one class.
double binary_entropy(double logit) {
  const double chance = 1.0 / (1.0 + std::exp(-std::abs(logit)));
  return -chance * std::log(chance) - (1.0 - chance) * std::log1p(-chance);
}

/// X^T X of standardised rows, and the rows.
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

/// 1 - Spearman's correlation of two tables' rows; kNoCorrelation where a row is constant.
std::vector<double> rank_distance(const RowRanks& a, const RowRanks& b) {
  std::vector<double> distances = a.spearman(b);
  for (double& value : distances) {
    value = std::isnan(value) ? kNoCorrelation : 1.0 - value;
  }
  return distances;
}

std::vector<double> largest_change(const std::vector<double>& a, const std::vector<double>& b, std::size_t classes) {
  std::vector<double> largest(a.size() / classes, 0.0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest[i / classes] = std::max(largest[i / classes], std::abs(a[i] - b[i]));
  }
  return largest;
}

}  // namespace

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

GuardSignals::GuardSignals(const GuardTables& calibration, const Learnt& learnt) : rarest_(learnt.rarest) {
  NIWAKI_CHECK(learnt.folds.size() == calibration.images, "{} folds for {} images", learnt.folds.size(),
               calibration.images);
  for (const double threshold : learnt.thresholds) {
    thresholds_.push_back(std::isnan(threshold) ? threshold : bounded_logit(static_cast<float>(threshold)));
  }
  names_ = {{"margin"}, {"entropy"}, {"tail"}, {"order"}, {"foretold"}};
  if (!calibration.second.empty()) {
    for (const char* const name : {"second-order", "second-logit", "second-calls"}) {
      names_.push_back({name, SignalNeeds::kSecondNetwork});
    }
  }
  if (calibration.feature_count > 0) {
    names_.push_back({"feature-distance", SignalNeeds::kFeatures});
    names_.push_back({"feature-foretold", SignalNeeds::kFeatures});
  }
  learn_scales(calibration);
  fitted_ = fit(calibration, all_rows(calibration.images));
  std::vector<Fitted> without;
  for (std::uint32_t fold = 0; fold < kFolds; ++fold) {
    std::vector<std::size_t> others;
    for (std::size_t row = 0; row < calibration.images; ++row) {
      if (learnt.folds[row] != fold) {
        others.push_back(row);
      }
    }
    // A fold may hold no patient, but never all of them: guard() sees to that.
    without.push_back(fit(calibration, others));
  }
  calibration_ = told(calibration, [&](std::size_t row) -> const Fitted& { return without[learnt.folds[row]]; });
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
  if (tables.feature_count > 0) {
    const std::vector<double> features = doubles(tables.feature_view());
    const MatrixView<const double> inputs(features.data(), tables.images, tables.feature_count);
    fitted.from_features.emplace(inputs, outputs, chosen);
    fitted.distance.emplace(inputs, chosen);
  }
  return fitted;
}

template <typename FittedOf>
SignalTable GuardSignals::told(const GuardTables& tables, const FittedOf& fitted_of) const {
  const std::size_t classes = tables.classes;
  SignalTable table{tables.images, names_.size(), std::vector<double>(tables.images * names_.size())};
  const std::vector<double> logits = bounded_logits(tables.view(tables.pruned));
  const RowRanks ranks(tables.view(tables.pruned));
  const RowRanks usual(MatrixView<const double>(usual_scores_.data(), 1, classes));
  std::size_t column = 0;
  const auto add = [&](const std::vector<double>& values) {
    for (std::size_t row = 0; row < values.size(); ++row) {
      table.values[row * table.signals + column] = values[row];
    }
    ++column;
  };
  const auto foretold = [&](const std::vector<double>& inputs, auto member) {
    const std::size_t width = inputs.size() / tables.images;
    std::vector<double> told_logits(tables.images * classes);
    parallel_for(tables.images, [&](std::size_t row) {
      const std::vector<double> here = ((fitted_of(row)).*member)->of(std::span(inputs).subspan(row * width, width));
      std::ranges::copy(here, told_logits.begin() + static_cast<std::ptrdiff_t>(row * classes));
    });
    return rank_distance(ranks, RowRanks(MatrixView<const double>(told_logits.data(), tables.images, classes)));
  };
  std::vector<double> margins(tables.images, -std::numeric_limits<double>::max());
  std::vector<double> entropies(tables.images, 0.0);
  std::vector<double> tails(tables.images, 0.0);
  for (std::size_t row = 0; row < tables.images; ++row) {
    const double* const here = &logits[row * classes];
    const auto beyond = [&](std::size_t of) { return (here[of] - thresholds_[of]) / scales_[of]; };
    const auto counts = [&](std::size_t of) { return !std::isnan(thresholds_[of]) && scales_[of] > 0.0; };
    double nearest = std::numeric_limits<double>::infinity();
    for (std::size_t of = 0; of < classes; ++of) {
      entropies[row] += binary_entropy(here[of]);
      nearest = counts(of) ? std::min(nearest, std::abs(beyond(of))) : nearest;
    }
    margins[row] = std::isfinite(nearest) ? -nearest : 0.0;
    double highest = -std::numeric_limits<double>::infinity();
    for (const std::size_t of : rarest_) {
      highest = counts(of) ? std::max(highest, beyond(of)) : highest;
    }
    tails[row] = std::isfinite(highest) ? highest : 0.0;
  }
  add(margins);
  add(entropies);
  add(tails);
  add(rank_distance(ranks, usual));
  add(foretold(logits, &Fitted::from_scores));
  if (!tables.second.empty()) {
    const std::vector<double> second = bounded_logits(tables.view(tables.second));
    add(rank_distance(ranks, RowRanks(tables.view(tables.second))));
    add(largest_change(logits, second, classes));
    std::vector<double> calls(tables.images, 0.0);
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const double threshold = thresholds_[i % classes];
      calls[i / classes] += (logits[i] >= threshold) != (second[i] >= threshold) ? 1.0 : 0.0;
    }
    add(calls);
  }
  if (tables.feature_count > 0) {
    const std::vector<double> features = doubles(tables.feature_view());
    std::vector<double> distances(tables.images);
    parallel_for(tables.images, [&](std::size_t row) {
      distances[row] =
          fitted_of(row).distance->of(std::span(features).subspan(row * tables.feature_count, tables.feature_count));
    });
    add(distances);
    add(foretold(features, &Fitted::from_features));
  }
  NIWAKI_CHECK(column == names_.size(), "{} of {} signals", column, names_.size());
  return table;
}

SignalTable GuardSignals::of(const GuardTables& tables) const {
  return told(tables, [&](std::size_t) -> const Fitted& { return fitted_; });
}

}  // namespace niwaki
