#include "niwaki/audit/exemplars.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "niwaki/audit/enrichment.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/metrics/correlation.hpp"
#include "niwaki/metrics/ranking.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kRowsAtOnce = 512;
constexpr double kConstantOrder = 0.95;  // from which the pruned network is said to order all images alike

/// Calls `work(block, row)` for every row, several blocks of rows at once.
template <typename Work>
void for_rows(std::size_t rows, const Work& work) {
  parallel_for((rows + kRowsAtOnce - 1) / kRowsAtOnce, [&](std::size_t block) {
    const std::size_t end = std::min((block + 1) * kRowsAtOnce, rows);
    for (std::size_t row = block * kRowsAtOnce; row < end; ++row) {
      work(block, row);
    }
  });
}

std::vector<std::optional<double>> row_correlations(MatrixView<const double> dense, MatrixView<const double> pruned) {
  std::vector<std::optional<double>> correlations(dense.rows());
  for_rows(dense.rows(),
           [&](std::size_t, std::size_t row) { correlations[row] = spearman(dense.row(row), pruned.row(row)); });
  return correlations;
}

/// The classes' ranks summed over rows. Ranks are multiples of a half, so the sums are exact in any order.
std::vector<double> rank_sums(MatrixView<const double> scores) {
  std::vector<std::vector<double>> blocks((scores.rows() + kRowsAtOnce - 1) / kRowsAtOnce,
                                          std::vector<double>(scores.columns()));
  const auto add = [](std::vector<double>& sums, const std::vector<double>& ranks) {
    std::transform(sums.begin(), sums.end(), ranks.begin(), sums.begin(), std::plus<>());
  };
  for_rows(scores.rows(),
           [&](std::size_t block, std::size_t row) { add(blocks[block], average_ranks(scores.row(row))); });
  std::vector<double> sums(scores.columns());
  for (const std::vector<double>& block : blocks) {
    add(sums, block);
  }
  return sums;
}

/// Rows of one score for every class are left out; nothing where no row is left.
Figure constancy_of_order(MatrixView<const double> scores) {
  const std::vector<double> sums = rank_sums(scores);
  std::vector<std::optional<double>> correlations(scores.rows());
  for_rows(scores.rows(), [&](std::size_t, std::size_t row) { correlations[row] = spearman(scores.row(row), sums); });
  double total = 0.0;
  std::size_t rows = 0;
  for (const std::optional<double>& correlation : correlations) {
    total += correlation.value_or(0.0);
    rows += correlation ? 1 : 0;
  }
  return rows == 0 ? Figure{} : total / static_cast<double>(rows);
}

/// (correlation, row), lowest first, ties by row.
std::vector<std::pair<double, std::size_t>> ranked_rows(const std::vector<std::optional<double>>& correlations) {
  std::vector<std::pair<double, std::size_t>> ranked;
  for (std::size_t row = 0; row < correlations.size(); ++row) {
    if (correlations[row]) {
      ranked.emplace_back(*correlations[row], row);
    }
  }
  std::sort(ranked.begin(), ranked.end());
  return ranked;
}

std::vector<float> narrowed(std::span<const double> values) {
  std::vector<float> result(values.size());
  std::transform(values.begin(), values.end(), result.begin(), [](double value) { return static_cast<float>(value); });
  return result;
}

void note_constant_order(const Figure& constancy, const std::string& where, std::vector<Note>& notes) {
  if (constancy && *constancy >= kConstantOrder) {
    notes.push_back({where + ".constant_order",
                     "at this sparsity the pruned network gives nearly every image the same order of classes: which "
                     "images are exemplars then says more about the dense network's scores than about the images"});
  }
}

}  // namespace

ExemplarResult no_exemplars(const std::vector<ClassLabels>& labels, double sparsity, const std::string& reason,
                            const std::string& where, std::vector<Note>& notes) {
  notes.push_back({where, reason});
  ExemplarResult result;
  result.sparsity = sparsity;
  result.class_ratio.resize(labels.size());
  result.class_counts.resize(labels.size());
  result.class_enrichment.resize(labels.size());
  for (const char* findings : kFindingCounts) {
    result.findings_ratio.push_back({findings, std::nullopt, {}, {}});
  }
  return result;
}

ExemplarResult find_exemplars(const Cohort& cohort, const std::vector<ClassLabels>& labels,
                              MatrixView<const double> dense, MatrixView<const double> pruned, double sparsity,
                              double fraction, const Resampling* resampling, const std::string& where,
                              std::vector<Note>& notes) {
  const std::vector<std::pair<double, std::size_t>> ranked = ranked_rows(row_correlations(dense, pruned));
  const std::size_t undefined = cohort.size() - ranked.size();
  if (undefined > 0) {
    notes.push_back({where, fmt::format("{} images cannot be exemplars, because their scores are the same for all "
                                        "classes, which leaves no rank correlation",
                                        undefined)});
  }
  const auto wanted = static_cast<std::size_t>(std::floor(fraction * static_cast<double>(cohort.size())));
  const std::size_t count = std::min(wanted, ranked.size());
  if (count == 0) {
    return no_exemplars(labels, sparsity,
                        fmt::format("none chosen: {} of {} images is {}, and {} of them can be ranked", fraction,
                                    cohort.size(), wanted, ranked.size()),
                        where, notes);
  }
  ExemplarResult result;
  result.sparsity = sparsity;
  result.count = count;
  result.threshold = ranked[count - 1].first;
  std::vector<bool> chosen(cohort.size());
  for (std::size_t rank = 0; rank < count; ++rank) {
    const auto [correlation, row] = ranked[rank];
    chosen[row] = true;
    result.exemplars.push_back(
        {row, cohort.records[row].id, rank + 1, correlation, narrowed(dense.row(row)), narrowed(pruned.row(row))});
  }
  describe_exemplars(cohort, labels, chosen, resampling, where, result, notes);
  result.constant_order = constancy_of_order(pruned);
  note_constant_order(result.constant_order, where, notes);
  return result;
}

}  // namespace niwaki
