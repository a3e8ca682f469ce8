#include "niwaki/audit/exemplars.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "niwaki/audit/enrichment.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

constexpr double kConstantOrder = 0.95;  // from which the pruned network is said to order all images alike

/// Rows of one score for every class are left out; nothing where no row is left.
Figure constancy_of_order(const RowRanks& ranks) {
  const std::vector<double> sums = ranks.rank_sums();
  const RowRanks mean_order(MatrixView<const double>(sums.data(), 1, sums.size()));
  double total = 0.0;
  std::size_t rows = 0;
  for (const double correlation : ranks.spearman(mean_order)) {
    if (!std::isnan(correlation)) {
      total += correlation;
      ++rows;
    }
  }
  return rows == 0 ? Figure{} : total / static_cast<double>(rows);
}

/// (correlation, row) of every row that has one, of which the first `wanted` come lowest first, ties by row.
std::vector<std::pair<double, std::size_t>> ranked_rows(const std::vector<double>& correlations, std::size_t wanted) {
  std::vector<std::pair<double, std::size_t>> ranked;
  ranked.reserve(correlations.size());
  for (std::size_t row = 0; row < correlations.size(); ++row) {
    if (!std::isnan(correlations[row])) {
      ranked.emplace_back(correlations[row], row);
    }
  }
  const auto end = ranked.begin() + static_cast<std::ptrdiff_t>(std::min(wanted, ranked.size()));
  std::nth_element(ranked.begin(), end, ranked.end());
  std::sort(ranked.begin(), end);
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

ExemplarResult find_exemplars(const Cohort& cohort, const std::vector<ClassLabels>& labels, const RankedTable& dense,
                              const RankedTable& pruned, double sparsity, double fraction, const Resampling* resampling,
                              const std::string& where, std::vector<Note>& notes) {
  const auto wanted = static_cast<std::size_t>(std::floor(fraction * static_cast<double>(cohort.size())));
  const std::vector<std::pair<double, std::size_t>> ranked = ranked_rows(dense.ranks.spearman(pruned.ranks), wanted);
  const std::size_t undefined = cohort.size() - ranked.size();
  if (undefined > 0) {
    notes.push_back({where, fmt::format("{} images cannot be exemplars, because their scores are the same for all "
                                        "classes, which leaves no rank correlation",
                                        undefined)});
  }
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
    result.exemplars.push_back({row, cohort.records[row].id, rank + 1, correlation, narrowed(dense.values.row(row)),
                                narrowed(pruned.values.row(row))});
  }
  describe_exemplars(cohort, labels, chosen, resampling, where, result, notes);
  result.constant_order = constancy_of_order(pruned.ranks);
  note_constant_order(result.constant_order, where, notes);
  return result;
}

}  // namespace niwaki
