#include "niwaki/audit/global_loss.hpp"

#include <algorithm>
#include <cmath>

#include "niwaki/audit/change.hpp"
#include "niwaki/audit/curves.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/metrics/mann_whitney.hpp"
#include "niwaki/metrics/multiple_testing.hpp"
#include "niwaki/metrics/quantile.hpp"
#include "niwaki/metrics/student.hpp"

namespace niwaki {
namespace {

constexpr double kAlpha = 0.05;

SeedPoint seed_point(double sparsity, const std::vector<double>& dense, const std::vector<double>& here) {
  SeedPoint point;
  point.sparsity = sparsity;
  if (const auto spread = mean_interval(here)) {
    point.mean = spread->mean;
    point.deviation = spread->standard_deviation;
    point.interval = Interval{spread->low, spread->high};
  } else {
    point.mean = here.front();
  }
  if (sparsity > 0.0) {
    const auto paired = paired_test(here, dense);
    point.paired_p = paired ? Figure(paired->p) : std::nullopt;
    const auto welch = welch_test(here, dense);
    const auto ranks = here.size() > 1 ? mann_whitney(here, dense) : std::nullopt;
    point.welch_p = welch ? Figure(welch->p) : std::nullopt;
    point.mann_whitney_p = ranks ? Figure(ranks->p) : std::nullopt;
  }
  return point;
}

void adjust(std::vector<SeedPoint>& points, Figure SeedPoint::*raw, Figure SeedPoint::*adjusted) {
  std::vector<double> p_values;
  std::vector<SeedPoint*> tested;
  for (SeedPoint& point : points) {
    if (point.*raw) {
      p_values.push_back(*(point.*raw));
      tested.push_back(&point);
    }
  }
  const std::vector<double> holms = holm(p_values);
  for (std::size_t i = 0; i < tested.size(); ++i) {
    (*tested[i]).*adjusted = holms[i];
  }
}

std::optional<double> first_below(const std::vector<SeedPoint>& points, Figure SeedPoint::*adjusted) {
  for (const SeedPoint& point : points) {
    if (point.below && point.*adjusted && *(point.*adjusted) < kAlpha) {
      return point.sparsity;
    }
  }
  return std::nullopt;
}

Figure median_relative_change(const std::vector<double>& dense, const std::vector<double>& here) {
  std::vector<double> changes(here.size());
  std::transform(here.begin(), here.end(), dense.begin(), changes.begin(), relative_change);
  return median(changes);
}

/// Welch's test divides by the spread over seeds.
void note_no_spread(const std::vector<SeedPoint>& points, const std::string& where, std::vector<Note>& notes) {
  const auto untested = std::count_if(points.begin() + 1, points.end(),
                                      [](const SeedPoint& point) { return point.deviation && !point.welch_p; });
  if (untested > 0) {
    notes.push_back({where + ".welch",
                     fmt::format("at {} sparsities all seeds are alike, pruned and dense, which leaves no spread to "
                                 "test a difference with",
                                 untested)});
  }
}

/// The exact test's smallest p-value is 2 / (number of ways to choose one sample of the two).
void note_few_seeds(std::size_t seeds, std::size_t sparsities, const std::string& where, std::vector<Note>& notes) {
  if (seeds < 2) {
    notes.push_back({where, "one seed has no spread, so nothing is said of other trainings"});
    return;
  }
  double ways = 1.0;
  for (std::size_t i = 1; i <= seeds; ++i) {
    ways *= static_cast<double>(seeds + i) / static_cast<double>(i);
  }
  const double smallest = 2.0 / ways * static_cast<double>(sparsities);
  if (smallest >= kAlpha) {
    notes.push_back({where + ".mann_whitney",
                     fmt::format("with {} seeds no rank test over {} sparsities can be significant: its smallest "
                                 "adjusted p-value is {:.2g}",
                                 seeds, sparsities, std::min(1.0, smallest))});
  }
}

}  // namespace

GlobalResult global_loss(const MethodFigures& figures, const std::vector<ClassLabels>& labels,
                         const AuditOptions& options, const std::string& method, std::vector<Note>& notes) {
  GlobalResult result;
  const std::vector<double> dense = macro_over_seeds(figures, labels, 0, &ClassFigures::ap);
  if (dense.empty()) {
    return result;  // note_unmeasurable() has said why, class by class
  }
  bool within = true;
  for (std::size_t step = 0; step < figures.sparsities().size(); ++step) {
    const double sparsity = figures.sparsities()[step];
    const std::vector<double> here = macro_over_seeds(figures, labels, step, &ClassFigures::ap);
    SeedPoint& point = result.points.emplace_back(seed_point(sparsity, dense, here));
    point.below = *point.mean < *result.points.front().mean;
    if (step > 0) {
      result.delta_ap.push_back(median_relative_change(dense, here));
      within = within && *result.delta_ap.back() > -options.tolerance;
      result.within_tolerance = within ? std::optional(sparsity) : result.within_tolerance;
    }
  }
  adjust(result.points, &SeedPoint::paired_p, &SeedPoint::paired_holm);
  adjust(result.points, &SeedPoint::welch_p, &SeedPoint::welch_holm);
  adjust(result.points, &SeedPoint::mann_whitney_p, &SeedPoint::mann_whitney_holm);
  result.first_below_paired = first_below(result.points, &SeedPoint::paired_holm);
  result.first_below_welch = first_below(result.points, &SeedPoint::welch_holm);
  result.first_below_mann_whitney = first_below(result.points, &SeedPoint::mann_whitney_holm);
  if (figures.sparsities().size() > 1) {
    note_no_spread(result.points, "methods." + method + ".global", notes);
    note_few_seeds(figures.seeds(), figures.sparsities().size() - 1, "methods." + method + ".global", notes);
  }
  return result;
}

}  // namespace niwaki
