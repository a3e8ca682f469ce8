#include "niwaki/audit/exemplars.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "niwaki/cohort/class_names.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/metrics/correlation.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kRowsAtOnce = 512;
constexpr std::array<const char*, 5> kFindings = {"0", "1", "2", "3", "4+"};

std::vector<std::optional<double>> row_correlations(MatrixView<const double> dense, MatrixView<const double> pruned) {
  std::vector<std::optional<double>> correlations(dense.rows());
  parallel_for((dense.rows() + kRowsAtOnce - 1) / kRowsAtOnce, [&](std::size_t block) {
    const std::size_t end = std::min((block + 1) * kRowsAtOnce, dense.rows());
    for (std::size_t row = block * kRowsAtOnce; row < end; ++row) {
      correlations[row] = spearman(dense.row(row), pruned.row(row));
    }
  });
  return correlations;
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

std::vector<FindingsRatio> findings_ratios(const std::vector<ClassLabels>& labels, const std::vector<bool>& chosen,
                                           const std::string& where, std::vector<Note>& notes) {
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
    ratios.push_back({kFindings[findings], noted(shares, where + ".findings_ratio." + kFindings[findings], notes)});
  }
  return ratios;
}

}  // namespace

ExemplarResult no_exemplars(const std::vector<ClassLabels>& labels, double sparsity, const std::string& reason,
                            const std::string& where, std::vector<Note>& notes) {
  notes.push_back({where, reason});
  ExemplarResult result;
  result.sparsity = sparsity;
  result.class_ratio.resize(labels.size());
  for (const char* findings : kFindings) {
    result.findings_ratio.push_back({findings, std::nullopt});
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
  result.findings_ratio = findings_ratios(labels, chosen, where, notes);
  return result;
}

}  // namespace niwaki
