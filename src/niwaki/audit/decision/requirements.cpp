#include "niwaki/audit/decision/requirements.hpp"

#include <algorithm>

namespace niwaki {
namespace {

FigureInterval at(const std::vector<FigureInterval>& band, std::size_t step) {
  return step < band.size() ? band[step] : std::nullopt;
}

Figure at(const std::vector<Figure>& values, std::size_t step) {
  return step < values.size() ? values[step] : std::nullopt;
}

Requirement macro_requirement(const MethodResult& method, std::size_t step, double tolerance) {
  Requirement macro;
  macro.tolerance = tolerance;
  macro.change = at(method.global.delta_ap, step);
  macro.band = at(method.global.delta_ap_band, step);
  macro.status = status_of(macro.band, tolerance);
  return macro;
}

/// A verdict that the audit withholds goes before what a band would say.
RequirementStatus class_status(const ClassEvidence& evidence, const FigureInterval& band, double tolerance) {
  switch (evidence.verdict) {
    case ClassVerdict::kInsufficientEvidence:
      return RequirementStatus::kFewPatients;
    case ClassVerdict::kHardlyLearned:
      return RequirementStatus::kHardlyLearned;
    case ClassVerdict::kNone:
      return RequirementStatus::kNoBand;
    default:
      return status_of(band, tolerance);
  }
}

Requirement class_requirement(const ClassCurve& curve, std::size_t column, std::size_t step,
                              const std::optional<double>& tolerance) {
  Requirement of_class;
  of_class.column = column;
  of_class.tolerance = tolerance.value_or(0.0);
  of_class.change = at(curve.delta_ap, step);
  of_class.band = at(curve.evidence.delta_ap_band, step);
  of_class.status = tolerance ? class_status(curve.evidence, of_class.band, *tolerance) : RequirementStatus::kNotAsked;
  return of_class;
}

}  // namespace

RequirementStatus status_of(const FigureInterval& band, double tolerance) {
  if (!band) {
    return RequirementStatus::kNoBand;
  }
  return band->low > -tolerance    ? RequirementStatus::kKept
         : band->high < -tolerance ? RequirementStatus::kLost
                                   : RequirementStatus::kNotShown;
}

bool is_unknown(RequirementStatus status) {
  return status == RequirementStatus::kFewPatients || status == RequirementStatus::kHardlyLearned ||
         status == RequirementStatus::kNoBand;
}

bool all_known_kept(const std::vector<Requirement>& requirements) {
  bool some_class = false;
  for (const Requirement& requirement : requirements) {
    const bool kept = requirement.status == RequirementStatus::kKept;
    const bool asked = requirement.status != RequirementStatus::kNotAsked;
    if (!kept && (!requirement.column || (asked && !is_unknown(requirement.status)))) {
      return false;
    }
    some_class = some_class || (kept && requirement.column);
  }
  return some_class;
}

std::vector<std::size_t> columns_with(const std::vector<Requirement>& requirements, RequirementStatus status) {
  std::vector<std::size_t> columns;
  for (const Requirement& requirement : requirements) {
    if (requirement.column && requirement.status == status) {
      columns.push_back(*requirement.column);
    }
  }
  return columns;
}

std::vector<std::size_t> unknown_columns(const std::vector<Requirement>& requirements) {
  std::vector<std::size_t> columns;
  for (const Requirement& requirement : requirements) {
    if (requirement.column && is_unknown(requirement.status)) {
      columns.push_back(*requirement.column);
    }
  }
  return columns;
}

JudgedMethod judge_method(const MethodResult& method, const DeploymentTolerances& tolerances) {
  JudgedMethod judged;
  judged.method = method.method;
  bool all_so_far = true;
  for (std::size_t step = 0; step + 1 < method.sparsities.size(); ++step) {
    JudgedStep& here = judged.steps.emplace_back();
    here.sparsity = method.sparsities[step + 1];
    here.requirements.push_back(macro_requirement(method, step, tolerances.macro));
    for (std::size_t column = 0; column < method.classes.size(); ++column) {
      here.requirements.push_back(
          class_requirement(method.classes[column], column, step, tolerances.classes.at(column)));
    }
    here.holds = all_known_kept(here.requirements);
    all_so_far = all_so_far && here.holds;
    if (all_so_far) {
      judged.holds_up_to = here.sparsity;
    }
  }
  return judged;
}

}  // namespace niwaki
