#include "niwaki/audit/measured_grid.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "niwaki/audit/aligned_scores.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/metrics/classification.hpp"
#include "niwaki/metrics/ranking.hpp"

namespace niwaki {
namespace {

constexpr double kSameSparsity = 1e-9;

std::pair<std::string, double> key_of(const GridEntry& entry) {
  return {entry.method, entry.sparsity};
}

std::vector<ClassFigures> figures_of(MatrixView<const float> scores, const std::vector<ClassLabels>& labels,
                                     double threshold) {
  std::vector<ClassFigures> figures(labels.size());
  for (std::size_t column = 0; column < labels.size(); ++column) {
    if (labels[column].measurable()) {
      const std::vector<float> values = scores.column(column);
      const RankedScores ranked(values, labels[column].values);
      figures[column] = {average_precision(ranked).value(), auroc(ranked).value(),
                         f1(confusion_at(values, labels[column].values, threshold))};
    }
  }
  return figures;
}

// Dense and pruned averages of each method that has the exemplar sparsity.
void open_averages(const ScoreGrid& grid, const AuditOptions& options, MeasuredGrid& measured) {
  for (const std::string& method : grid.methods) {
    if (const std::optional<double> sparsity = exemplar_sparsity(grid, method, options)) {
      for (const double wanted : {0.0, *sparsity}) {
        measured.averages.try_emplace(key_of(grid.entry(method, grid.seeds.front(), wanted)), grid.seeds.size());
      }
    }
  }
}

}  // namespace

const std::vector<double>& MeasuredGrid::average(const GridEntry& entry) const {
  const auto found = averages.find(key_of(entry));
  NIWAKI_CHECK(found != averages.end(), "no average of method '{}' at sparsity {}", entry.method, entry.sparsity);
  return found->second.values();
}

std::optional<double> exemplar_sparsity(const ScoreGrid& grid, const std::string& method, const AuditOptions& options) {
  for (const double sparsity : grid.sparsities(method)) {
    if (sparsity > 0.0 && std::abs(sparsity - options.exemplar_sparsity) < kSameSparsity) {
      return sparsity;
    }
  }
  return std::nullopt;
}

MeasuredGrid measure_grid(const Cohort& cohort, const std::vector<ClassLabels>& labels, const ScoreGrid& grid,
                          const AuditOptions& options, bool logits) {
  MeasuredGrid measured;
  measured.figures.resize(grid.entries.size());
  open_averages(grid, options, measured);
  const AlignedScoreReader reader(cohort, logits);
  std::vector<std::vector<std::string>> left_out(grid.entries.size());
  std::vector<std::size_t> saturated(grid.entries.size());
  parallel_for(grid.entries.size(), [&](std::size_t index) {
    const GridEntry& entry = grid.entries[index];
    AlignedScoreReader::Scores scores = reader.read(grid.table_path(entry));
    const MatrixView<const float> view(scores.values.data(), cohort.size(), labels.size());
    measured.figures[index] = figures_of(view, labels, options.threshold);
    left_out[index] = std::move(scores.left_out);
    saturated[index] = scores.saturated;
    if (const auto average = measured.averages.find(key_of(entry)); average != measured.averages.end()) {
      const auto seed = std::lower_bound(grid.seeds.begin(), grid.seeds.end(), entry.seed) - grid.seeds.begin();
      average->second.add(static_cast<std::size_t>(seed), std::move(scores.values));
    }
  });
  measured.saturated = std::accumulate(saturated.begin(), saturated.end(), std::size_t{0});
  for (const std::vector<std::string>& names : left_out) {
    for (const std::string& name : names) {
      if (std::find(measured.left_out.begin(), measured.left_out.end(), name) == measured.left_out.end()) {
        measured.left_out.push_back(name);
      }
    }
  }
  return measured;
}

}  // namespace niwaki
