#include "niwaki/audit/exemplars.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "niwaki/cohort/class_names.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/metrics/correlation.hpp"
#include "niwaki/metrics/ranking.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kRowsAtOnce = 512;
constexpr double kConstantOrder = 0.95;  // from which the pruned network is said to order all images alike
constexpr std::array<const char*, 5> kFindings = {"0", "1", "2", "3", "4+"};

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

/// How many images of each group are counted, and how many of those have the property asked for.
struct Shares {
  std::size_t with[2] = {0, 0};  // [others, exemplars]
  std::size_t all[2] = {0, 0};

  void count(bool exemplar, bool has) {
    ++all[exemplar ? 1 : 0];
    with[exemplar ? 1 : 0] += has ? 1 : 0;
  }

  /// P(property | exemplar) / P(property | not an exemplar).
  [[nodiscard]] Figure ratio() const {
    if (all[0] == 0 || all[1] == 0 || with[0] == 0) {
      return std::nullopt;
    }
    const auto share = [&](int group) { return static_cast<double>(with[group]) / static_cast<double>(all[group]); };
    return share(1) / share(0);
  }

  [[nodiscard]] std::string reason() const {
    return all[1] == 0   ? "no exemplar can be counted"
           : all[0] == 0 ? "no other image can be counted"
                         : "no other image has it";
  }
};

Figure noted(const Shares& shares, const std::string& where, std::vector<Note>& notes) {
  const Figure ratio = shares.ratio();
  if (!ratio) {
    notes.push_back({where, shares.reason()});
  }
  return ratio;
}

std::vector<Figure> class_ratios(const std::vector<ClassLabels>& labels, const std::vector<bool>& chosen,
                                 const std::string& where, std::vector<Note>& notes) {
  std::vector<Figure> ratios;
  for (const ClassLabels& column : labels) {
    Shares shares;
    for (std::size_t row = 0; row < chosen.size(); ++row) {
      if (column.values[row] >= 0) {
        shares.count(chosen[row], column.values[row] > 0);
      }
    }
    ratios.push_back(noted(shares, where + ".class_ratio." + column.name, notes));
  }
  return ratios;
}

/// The exemplars for which `has(row)` holds.
template <typename Has>
ExemplarCount count_exemplars(const Cohort& cohort, const std::vector<bool>& chosen, const Has& has) {
  ExemplarCount count;
  std::unordered_set<std::string_view> patients;
  for (std::size_t row = 0; row < chosen.size(); ++row) {
    if (chosen[row] && has(row)) {
      ++count.exemplars;
      patients.insert(cohort.records[row].patient);
    }
  }
  count.patients = patients.size();
  return count;
}

std::vector<ExemplarCount> class_counts(const Cohort& cohort, const std::vector<ClassLabels>& labels,
                                        const std::vector<bool>& chosen) {
  std::vector<ExemplarCount> counts;
  for (const ClassLabels& column : labels) {
    counts.push_back(count_exemplars(cohort, chosen, [&](std::size_t row) { return column.values[row] > 0; }));
  }
  return counts;
}

/// How many findings an image shows, up to "4+"; nothing where a label is unknown. "No Finding" is no finding.
std::vector<std::optional<std::size_t>> finding_counts(const std::vector<ClassLabels>& labels, std::size_t images) {
  std::vector<std::optional<std::size_t>> counts(images, 0);
  for (const ClassLabels& column : labels) {
    if (comparable_class_name(column.name) == "no finding") {
      continue;
    }
    for (std::size_t row = 0; row < images; ++row) {
      if (column.values[row] < 0) {
        counts[row].reset();
      } else if (counts[row]) {
        *counts[row] = std::min(*counts[row] + (column.values[row] > 0 ? 1 : 0), kFindings.size() - 1);
      }
    }
  }
  return counts;
}

std::vector<FindingsRatio> findings_ratios(const Cohort& cohort, const std::vector<ClassLabels>& labels,
                                           const std::vector<bool>& chosen, const std::string& where,
                                           std::vector<Note>& notes) {
  const std::vector<std::optional<std::size_t>> counts = finding_counts(labels, chosen.size());
  const auto unknown = std::count(counts.begin(), counts.end(), std::nullopt);
  if (unknown > 0) {
    notes.push_back({where + ".findings_ratio",
                     fmt::format("{} images with an unknown label are left out, because how many findings they show "
                                 "is not known",
                                 unknown)});
  }
  std::vector<FindingsRatio> ratios;
  for (std::size_t findings = 0; findings < kFindings.size(); ++findings) {
    Shares shares;
    for (std::size_t row = 0; row < chosen.size(); ++row) {
      if (counts[row]) {
        shares.count(chosen[row], *counts[row] == findings);
      }
    }
    const auto has = [&](std::size_t row) { return counts[row] == findings; };
    ratios.push_back({kFindings[findings], noted(shares, where + ".findings_ratio." + kFindings[findings], notes),
                      count_exemplars(cohort, chosen, has)});
  }
  return ratios;
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
  for (const char* findings : kFindings) {
    result.findings_ratio.push_back({findings, std::nullopt, {}});
  }
  return result;
}

ExemplarResult find_exemplars(const Cohort& cohort, const std::vector<ClassLabels>& labels,
                              MatrixView<const double> dense, MatrixView<const double> pruned, double sparsity,
                              double fraction, const std::string& where, std::vector<Note>& notes) {
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
  result.class_ratio = class_ratios(labels, chosen, where, notes);
  result.class_counts = class_counts(cohort, labels, chosen);
  result.findings_ratio = findings_ratios(cohort, labels, chosen, where, notes);
  result.constant_order = constancy_of_order(pruned);
  note_constant_order(result.constant_order, where, notes);
  return result;
}

}  // namespace niwaki
