#include "niwaki/train/validation.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "niwaki/core/error.hpp"
#include "niwaki/metrics/ranking.hpp"

namespace niwaki {
namespace {

double macro_average_precision(MatrixView<const float> logits, MatrixView<const Label> labels) {
  double sum = 0;
  std::size_t counted = 0;
  std::vector<std::int8_t> column(labels.rows());
  for (std::size_t c = 0; c < labels.columns(); ++c) {
    for (std::size_t row = 0; row < labels.rows(); ++row) {
      column[row] = static_cast<std::int8_t>(labels(row, c));
    }
    if (const auto figure = average_precision(RankedScores(logits.column(c), column))) {
      sum += *figure;
      ++counted;
    }
  }
  return counted > 0 ? sum / static_cast<double>(counted) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

ValidationFigures validation_figures(MatrixView<const float> logits, MatrixView<const Label> labels,
                                     const LabelLoss& loss) {
  NIWAKI_CHECK(logits.rows() == labels.rows() && logits.columns() == labels.columns(), "{} x {} logits, {} x {} labels",
               logits.rows(), logits.columns(), labels.rows(), labels.columns());
  ValidationFigures figures{.loss = total_loss(loss, logits, labels).mean(),
                            .average_precision = std::numeric_limits<double>::quiet_NaN()};
  if (std::ranges::none_of(logits.values(), [](float logit) { return std::isnan(logit); })) {
    figures.average_precision = macro_average_precision(logits, labels);
  }
  return figures;
}

}  // namespace niwaki
