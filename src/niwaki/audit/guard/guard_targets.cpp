#include "niwaki/audit/guard/guard_targets.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "niwaki/audit/class_labels.hpp"
#include "niwaki/audit/seed_average.hpp"
#include "niwaki/metrics/row_ranks.hpp"

namespace niwaki {
namespace {

std::vector<char> lowest(const std::vector<double>& correlations, double fraction) {
  std::vector<std::pair<double, std::size_t>> ranked;
  for (std::size_t row = 0; row < correlations.size(); ++row) {
    if (!std::isnan(correlations[row])) {
      ranked.emplace_back(correlations[row], row);
    }
  }
  std::ranges::sort(ranked);
  const auto wanted = static_cast<std::size_t>(std::floor(fraction * static_cast<double>(correlations.size())));
  std::vector<char> chosen(correlations.size(), 0);
  for (std::size_t rank = 0; rank < std::min(wanted, ranked.size()); ++rank) {
    chosen[ranked[rank].second] = 1;
  }
  return chosen;
}

std::vector<double> averaged(const GuardPart& part, std::vector<float> GuardTables::*table) {
  SeedAverage average(part.seeds.size());
  for (std::size_t seed = 0; seed < part.seeds.size(); ++seed) {
    average.add(seed, part.seeds[seed].*table);
  }
  return average.values();
}

/// A comparison with NaN (no operating point) is false on both sides, so nothing changes there.
std::vector<char> changed_calls(const GuardTables& tables, const std::vector<double>& thresholds) {
  std::vector<char> changed(tables.images, 0);
  for (std::size_t i = 0; i < tables.dense.size(); ++i) {
    const double threshold = thresholds[i % tables.classes];
    const bool before = static_cast<double>(tables.dense[i]) >= threshold;
    const bool after = static_cast<double>(tables.pruned[i]) >= threshold;
    changed[i / tables.classes] |= static_cast<char>(before != after);
  }
  return changed;
}

}  // namespace

void find_guard_targets(const GuardPart& part, const std::vector<std::vector<double>>& operating_points,
                        double fraction, GuardImages& images) {
  const std::size_t classes = part.cohort.classes.size();
  const std::vector<double> dense = averaged(part, &GuardTables::dense);
  const std::vector<double> pruned = averaged(part, &GuardTables::pruned);
  const RowRanks dense_ranks(MatrixView<const double>(dense.data(), part.cohort.size(), classes));
  const RowRanks pruned_ranks(MatrixView<const double>(pruned.data(), part.cohort.size(), classes));
  images.exemplar = lowest(dense_ranks.spearman(pruned_ranks), fraction);
  for (std::size_t seed = 0; seed < part.seeds.size(); ++seed) {
    const GuardTables& tables = part.seeds[seed];
    const RowRanks before(tables.view(tables.dense));
    const RowRanks after(tables.view(tables.pruned));
    images.exemplar_of_seed.push_back(lowest(before.spearman(after), fraction));
    images.changed.push_back(changed_calls(tables, operating_points[seed]));
  }
}

std::vector<double> guard_operating_points(const Cohort& cohort, const GuardTables& tables,
                                           const OperatingPointRule& rule) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const std::vector<ClassLabels> labels = labels_by_class(cohort);
  std::vector<double> thresholds;
  for (std::size_t column = 0; column < labels.size(); ++column) {
    const RankedScores ranked(tables.view(tables.dense).column(column), labels[column].values);
    thresholds.push_back(choose_threshold(ranked, rule).value_or(kNone));
  }
  return thresholds;
}

}  // namespace niwaki
