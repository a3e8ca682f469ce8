#include "niwaki/audit/curves.hpp"

#include "niwaki/metrics/quantile.hpp"

namespace niwaki {
namespace {

// Keeps the change finite where the dense AP is 0; the published study's constant.
constexpr double kTiny = 1e-12;

Figure macro_median(const MethodFigures& figures, const std::vector<ClassLabels>& labels, std::size_t step,
                    double ClassFigures::*figure) {
  std::vector<double> sums;
  double classes = 0.0;
  for (std::size_t column = 0; column < labels.size(); ++column) {
    if (labels[column].measurable()) {
      const std::vector<double> values = figures.over_seeds(step, column, figure);
      sums.resize(values.size());
      for (std::size_t seed = 0; seed < values.size(); ++seed) {
        sums[seed] += values[seed];
      }
      classes += 1.0;
    }
  }
  for (double& sum : sums) {
    sum /= classes;
  }
  return median(sums);
}

Figure median_difference(const std::vector<double>& pruned, const std::vector<double>& dense) {
  std::vector<double> differences(pruned.size());
  for (std::size_t seed = 0; seed < pruned.size(); ++seed) {
    differences[seed] = pruned[seed] - dense[seed];
  }
  return median(differences);
}

std::vector<double> relative_changes(const std::vector<double>& pruned, const std::vector<double>& dense) {
  std::vector<double> changes(pruned.size());
  for (std::size_t seed = 0; seed < pruned.size(); ++seed) {
    changes[seed] = (pruned[seed] - dense[seed]) / (dense[seed] + kTiny);
  }
  return changes;
}

ClassCurve empty_curve(const std::string& name, std::size_t steps) {
  ClassCurve curve;
  curve.name = name;
  for (std::vector<Figure>* figures : {&curve.delta_ap, &curve.delta_ap_low, &curve.delta_ap_high}) {
    figures->resize(steps - 1);
  }
  for (std::vector<Figure>* figures : {&curve.ap, &curve.auroc, &curve.f1}) {
    figures->resize(steps);
  }
  return curve;
}

void fill_curve(const MethodFigures& figures, std::size_t column, double drop, ClassCurve& curve) {
  const std::vector<double> dense = figures.over_seeds(0, column, &ClassFigures::ap);
  for (std::size_t step = 0; step < figures.sparsities().size(); ++step) {
    const std::vector<double> ap = figures.over_seeds(step, column, &ClassFigures::ap);
    curve.ap[step] = median(ap);
    curve.auroc[step] = median(figures.over_seeds(step, column, &ClassFigures::auroc));
    curve.f1[step] = median(figures.over_seeds(step, column, &ClassFigures::f1));
    if (step > 0) {
      const std::vector<double> changes = relative_changes(ap, dense);
      curve.delta_ap[step - 1] = median(changes);
      curve.delta_ap_low[step - 1] = quantile(changes, 0.25);
      curve.delta_ap_high[step - 1] = quantile(changes, 0.75);
      if (!curve.first_drop && *curve.delta_ap[step - 1] < -drop) {
        curve.first_drop = figures.sparsities()[step];
      }
    }
  }
  curve.ap_dense = curve.ap[0];
  curve.auroc_dense = curve.auroc[0];
  const std::size_t last = figures.sparsities().size() - 1;
  if (last > 0) {
    curve.delta_auroc_at_max = median_difference(figures.over_seeds(last, column, &ClassFigures::auroc),
                                                 figures.over_seeds(0, column, &ClassFigures::auroc));
  }
}

}  // namespace

MethodFigures::MethodFigures(const ScoreGrid& grid, const MeasuredGrid& measured, const std::string& method)
    : sparsities_(grid.sparsities(method)) {
  for (const double sparsity : sparsities_) {
    units_.emplace_back();
    for (const std::uint64_t seed : grid.seeds) {
      const std::ptrdiff_t entry = &grid.entry(method, seed, sparsity) - grid.entries.data();
      units_.back().push_back(&measured.figures[static_cast<std::size_t>(entry)]);
    }
  }
}

std::vector<double> MethodFigures::over_seeds(std::size_t step, std::size_t column,
                                              double ClassFigures::*figure) const {
  std::vector<double> values;
  for (const std::vector<ClassFigures>* classes : units_[step]) {
    values.push_back((*classes)[column].*figure);
  }
  return values;
}

std::vector<MacroPoint> macro_curve(const MethodFigures& figures, const std::vector<ClassLabels>& labels) {
  std::vector<MacroPoint> curve;
  for (std::size_t step = 0; step < figures.sparsities().size(); ++step) {
    curve.push_back({figures.sparsities()[step], macro_median(figures, labels, step, &ClassFigures::auroc),
                     macro_median(figures, labels, step, &ClassFigures::ap),
                     macro_median(figures, labels, step, &ClassFigures::f1)});
  }
  return curve;
}

std::vector<ClassCurve> class_curves(const MethodFigures& figures, const std::vector<ClassLabels>& labels,
                                     double drop) {
  std::vector<ClassCurve> curves;
  for (std::size_t column = 0; column < labels.size(); ++column) {
    curves.push_back(empty_curve(labels[column].name, figures.sparsities().size()));
    if (labels[column].measurable()) {
      fill_curve(figures, column, drop, curves.back());
    }
  }
  return curves;
}

}  // namespace niwaki
