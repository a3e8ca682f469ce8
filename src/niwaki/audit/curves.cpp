#include "niwaki/audit/curves.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "niwaki/audit/change.hpp"
#include "niwaki/metrics/quantile.hpp"

namespace niwaki {
namespace {

std::vector<double> pooled_errors(const MethodFigures& figures, std::size_t step) {
  std::vector<double> errors;
  for (std::size_t seed = 0; seed < figures.seeds(); ++seed) {
    errors.push_back(figures.unit(step, seed).pooled_calibration_error);
  }
  return errors;
}

Figure mean(const std::vector<double>& values) {
  return values.empty() ? Figure{}
                        : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
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
    changes[seed] = relative_change(pruned[seed], dense[seed]);
  }
  return changes;
}

/// The curves that are one median over seeds at every sparsity.
constexpr std::pair<std::vector<Figure> ClassCurve::*, double ClassFigures::*> kMedianCurves[] = {
    {&ClassCurve::ap, &ClassFigures::ap},
    {&ClassCurve::auroc, &ClassFigures::auroc},
    {&ClassCurve::f1, &ClassFigures::f1},
    {&ClassCurve::sensitivity, &ClassFigures::sensitivity},
    {&ClassCurve::specificity, &ClassFigures::specificity},
    {&ClassCurve::precision, &ClassFigures::precision},
    {&ClassCurve::sensitivity_at_specificity, &ClassFigures::sensitivity_at_specificity},
    {&ClassCurve::brier, &ClassFigures::brier},
    {&ClassCurve::log_loss, &ClassFigures::log_loss},
    {&ClassCurve::calibration_error, &ClassFigures::calibration_error}};

ClassCurve empty_curve(const std::string& name, std::size_t steps) {
  ClassCurve curve;
  curve.name = name;
  for (std::vector<Figure>* figures : {&curve.delta_ap, &curve.delta_ap_low, &curve.delta_ap_high}) {
    figures->resize(steps - 1);
  }
  for (const auto& [figures, figure] : kMedianCurves) {
    (curve.*figures).resize(steps);
  }
  return curve;
}

/// NaN stands for no operating point, which all seeds share.
Figure median_where_known(const std::vector<double>& values) {
  const bool known = std::none_of(values.begin(), values.end(), [](double value) { return std::isnan(value); });
  return known ? median(values) : std::nullopt;
}

void fill_curve(const MethodFigures& figures, std::size_t column, double drop, ClassCurve& curve) {
  const std::vector<double> dense = figures.over_seeds(0, column, &ClassFigures::ap);
  for (std::size_t step = 0; step < figures.sparsities().size(); ++step) {
    for (const auto& [curve_figures, figure] : kMedianCurves) {
      (curve.*curve_figures)[step] = median_where_known(figures.over_seeds(step, column, figure));
    }
    if (step > 0) {
      const std::vector<double> changes = relative_changes(figures.over_seeds(step, column, &ClassFigures::ap), dense);
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

std::vector<double> macro_over_seeds(const MethodFigures& figures, const std::vector<ClassLabels>& labels,
                                     std::size_t step, double ClassFigures::*figure) {
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
  return sums;
}

std::vector<MacroPoint> macro_curve(const MethodFigures& figures, const std::vector<ClassLabels>& labels) {
  std::vector<MacroPoint> curve;
  for (std::size_t step = 0; step < figures.sparsities().size(); ++step) {
    const auto over_seeds = [&](double ClassFigures::*figure) {
      return macro_over_seeds(figures, labels, step, figure);
    };
    MacroPoint& point = curve.emplace_back();
    point.sparsity = figures.sparsities()[step];
    point.auroc = median(over_seeds(&ClassFigures::auroc));
    point.ap = median(over_seeds(&ClassFigures::ap));
    point.f1 = median(over_seeds(&ClassFigures::f1));
    point.auroc_mean = mean(over_seeds(&ClassFigures::auroc));
    point.ap_mean = mean(over_seeds(&ClassFigures::ap));
    point.f1_mean = mean(over_seeds(&ClassFigures::f1));
    point.brier = median(over_seeds(&ClassFigures::brier));
    point.log_loss = median(over_seeds(&ClassFigures::log_loss));
    point.calibration_error = median(over_seeds(&ClassFigures::calibration_error));
    point.pooled_calibration_error = point.ap ? median(pooled_errors(figures, step)) : std::nullopt;
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
