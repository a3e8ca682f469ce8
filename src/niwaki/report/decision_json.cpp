#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "niwaki/core/version.hpp"
#include "niwaki/report/audit_document.hpp"
#include "niwaki/report/decision_document.hpp"
#include "niwaki/report/json_figures.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;

Json names_of(const std::vector<std::size_t>& columns, const AuditResult& audit) {
  Json names = Json::array();
  for (const std::size_t column : columns) {
    names.push_back(audit.classes.at(column).name);
  }
  return names;
}

Json network_json(const std::optional<NetworkChoice>& network) {
  if (!network) {
    return nullptr;
  }
  return {{"method", network->method}, {"name", network->name}, {"sparsity", json_figure(network->sparsity)}};
}

Json policy_json(const DeploymentPolicy& policy, const Decision& decision, const AuditResult& audit) {
  Json classes = Json::array();
  for (std::size_t column = 0; column < audit.classes.size(); ++column) {
    classes.push_back(
        {{"class", audit.classes[column].name}, {"tolerance", json_figure(decision.tolerances.classes[column])}});
  }
  return {{"macro_loss", decision.tolerances.macro},
          {"classes", std::move(classes)},
          {"unknown_classes", policy.unknown_classes},
          {"least_sparsity", policy.least_sparsity},
          {"method", policy.method.empty() ? Json(nullptr) : Json(policy.method)},
          {"sparsity", policy.sparsity > 0.0 ? Json(policy.sparsity) : Json(nullptr)}};
}

Json requirements_json(const std::vector<Requirement>& requirements, const AuditResult& audit) {
  Json array = Json::array();
  for (const Requirement& requirement : requirements) {
    const bool asked = requirement.status != RequirementStatus::kNotAsked;
    array.push_back({{"class", requirement.column ? Json(audit.classes.at(*requirement.column).name) : Json(nullptr)},
                     {"patients", requirement.column ? Json(audit.classes.at(*requirement.column).positive_patients)
                                                     : Json(nullptr)},
                     {"tolerance", asked ? Json(requirement.tolerance) : Json(nullptr)},
                     {"status", requirement_status_name(requirement.status)},
                     {"change", json_figure(requirement.change)},
                     {"band", json_interval(requirement.band)}});
  }
  return array;
}

Json methods_json(const std::vector<JudgedMethod>& methods, const AuditResult& audit) {
  Json array = Json::array();
  for (const JudgedMethod& method : methods) {
    Json steps = Json::array();
    for (const JudgedStep& step : method.steps) {
      Json lost = Json::array();
      Json not_shown = Json::array();
      for (const Requirement& of : step.requirements) {
        const Json name = of.column ? Json(audit.classes.at(*of.column).name) : Json(nullptr);
        if (of.status == RequirementStatus::kLost) {
          lost.push_back(name);
        } else if (of.status == RequirementStatus::kNotShown || (!of.column && is_unknown(of.status))) {
          not_shown.push_back(name);
        }
      }
      steps.push_back({{"sparsity", step.sparsity},
                       {"holds", step.holds},
                       {"lost", std::move(lost)},
                       {"not_shown", std::move(not_shown)}});
    }
    array.push_back(
        {{"method", method.method}, {"holds_up_to", json_figure(method.holds_up_to)}, {"steps", std::move(steps)}});
  }
  return array;
}

Json pair_json(const std::optional<DenseAndPruned>& pair) {
  return pair ? Json{{"dense", pair->dense}, {"pruned", pair->pruned}} : Json(nullptr);
}

Json gains_json(const Decision& decision, const OutsideEvidence& outside) {
  Json machine = nullptr;
  if (outside.times && decision.gains.milliseconds) {
    machine = {{"processor", outside.times->processor},
               {"threads", outside.times->threads},
               {"engine", outside.times->engine},
               {"batch", outside.times->batch}};
  }
  return {{"file_bytes", pair_json(decision.gains.file_bytes)},
          {"milliseconds_per_image", pair_json(decision.gains.milliseconds)},
          {"images_per_second", pair_json(decision.gains.images_per_second)},
          {"peak_bytes", pair_json(decision.gains.peak_bytes)},
          {"machine", std::move(machine)}};
}

Json effect_json(const CompanionEffect& effect, const AuditResult& audit) {
  return {{"class", audit.classes.at(effect.finding).name},
          {"given", names_of(effect.companions, audit)},
          {"patients_with", effect.patients_with},
          {"recall_excess", json_figure(effect.recall.excess)},
          {"recall_interval", json_interval(effect.recall.interval)},
          {"recall_holm", json_figure(effect.recall.holm)},
          {"ap_excess", json_figure(effect.ap.excess)},
          {"ap_interval", json_interval(effect.ap.interval)},
          {"ap_holm", json_figure(effect.ap.holm)}};
}

Json risks_json(const DeploymentRisks& risks, const AuditResult& audit) {
  Json companions = Json::array();
  for (const CompanionEffect& effect : risks.companions) {
    companions.push_back(effect_json(effect, audit));
  }
  Json strata = Json::array();
  for (const DeploymentRisks::Group& group : risks.strata) {
    strata.push_back({{"column", group.column}, {"stratum", group.name}});
  }
  return {{"losing", names_of(risks.losing, audit)},      {"companion_sparsity", risks.companion_sparsity},
          {"companions", std::move(companions)},          {"strata", std::move(strata)},
          {"exemplar_sparsity", risks.exemplar_sparsity}, {"exemplars", risks.exemplars},
          {"exemplars_losing", risks.exemplars_losing}};
}

Json guards_json(const Decision& decision, const AuditResult& audit) {
  Json array = Json::array();
  for (const DeploymentGuard& guard : decision.guards) {
    if (guard.rate > 0.0) {
      array.push_back({{"kind", "defer"},
                       {"rate", guard.rate},
                       {"deferred", json_figure(guard.deferred)},
                       {"milliseconds_per_image", json_figure(guard.milliseconds)}});
    } else {
      array.push_back({{"kind", "classes"}, {"classes", names_of(guard.columns, audit)}});
    }
  }
  return array;
}

Json decision_part(const AuditResult& audit, const Decision& decision, const DeploymentInput& input) {
  return {{"verdict", deployment_verdict_name(decision.verdict)},
          {"headline", decision_headline(decision)},
          {"reason", decision_reason_name(decision.reason)},
          {"sentence", decision_sentence(audit, decision, input)},
          {"names", decision.reason_names},
          {"macro", decision.reason_macro},
          {"recommended", network_json(decision.recommended)},
          {"considered", network_json(decision.considered)},
          {"chosen_among", decision.chosen_among},
          {"policy", policy_json(input.policy, decision, audit)},
          {"requirements", requirements_json(decision.requirements, audit)},
          {"unknown", names_of(decision.unknown, audit)},
          {"guards", guards_json(decision, audit)},
          {"gains", gains_json(decision, input.outside)},
          {"risks", risks_json(decision.risks, audit)},
          {"certificate", input.outside.certificate ? Json(input.outside.certificate->granted ? "granted" : "refused")
                                                    : Json(nullptr)},
          {"guard", input.outside.guard ? Json{{"method", input.outside.guard->method},
                                               {"sparsity", input.outside.guard->sparsity},
                                               {"signal", input.outside.guard->signal}}
                                        : Json(nullptr)},
          {"passed_over", input.outside.passed_over},
          {"methods", methods_json(decision.methods, audit)}};
}

// --- the roll-out ---

Json phase_figures(const RolloutClass& of, bool feasible) {
  Json array = Json::array();
  for (std::size_t phase = 0; phase < of.days.size(); ++phase) {
    array.push_back(feasible ? Json(of.feasible[phase]) : json_figure(of.days[phase]));
  }
  return array;
}

Json rollout_part(const AuditResult& audit, const RolloutPlan& plan) {
  Json classes = Json::array();
  for (const RolloutClass& of : plan.classes) {
    classes.push_back({{"class", audit.classes.at(of.column).name},
                       {"positive_patients", of.positive_patients},
                       {"prevalence", json_figure(of.prevalence)},
                       {"prevalence_interval", json_interval(of.prevalence_interval)},
                       {"few_patients", of.few_patients},
                       {"images", json_figure(of.images)},
                       {"images_interval", json_interval(of.images_interval)},
                       {"days", phase_figures(of, false)},
                       {"feasible", phase_figures(of, true)}});
  }
  Json stop = Json::array();
  for (const StopRule& rule : plan.stop) {
    stop.push_back(
        {{"found", rule.gained}, {"missed_at_any_look", rule.at_any_look}, {"missed_at_the_end", rule.at_the_end}});
  }
  return {{"loss", plan.options.loss},
          {"found", plan.options.found},
          {"significance", plan.options.significance},
          {"power", plan.options.power},
          {"shares", {1.0, plan.options.limited_share, plan.options.monitored_share}},
          {"longest_days", plan.options.longest_days},
          {"images_a_day", plan.options.images_a_day > 0.0 ? Json(plan.options.images_a_day) : Json(nullptr)},
          {"patients_with_the_finding", plan.patients ? Json(*plan.patients) : Json(nullptr)},
          {"reached_power", json_figure(plan.reached_power)},
          {"images_per_patient", plan.images_per_patient},
          {"false_stops", plan.false_stops},
          {"classes", std::move(classes)},
          {"stop", std::move(stop)}};
}

// --- what the return on investment is computed from ---

Json inputs_json(const EconomicInputs& inputs) {
  return {{"currency", inputs.currency},         {"images_a_day", inputs.images_a_day},
          {"machine_hour", inputs.machine_hour}, {"review_minutes", inputs.review_minutes},
          {"reader_hour", inputs.reader_hour},   {"deferral_rate", inputs.deferral_rate},
          {"switching", inputs.switching}};
}

const MethodResult* method_named(const AuditResult& audit, const std::string& name) {
  const auto found = std::ranges::find(audit.methods, name, &MethodResult::method);
  return found == audit.methods.end() ? nullptr : &*found;
}

/// Where the considered network stands in curves over all sparsities.
std::optional<std::size_t> place_of(const MethodResult& method, const NetworkChoice& network) {
  for (std::size_t place = 0; network.sparsity && place < method.sparsities.size(); ++place) {
    if (std::abs(method.sparsities[place] - *network.sparsity) < 1e-9) {
      return place;
    }
  }
  return std::nullopt;
}

Figure value_at(const std::vector<Figure>& curve, std::optional<std::size_t> place) {
  return place && *place < curve.size() ? curve[*place] : std::nullopt;
}

/// Sensitivities under the guard, where it is of the considered network; [rate, sensitivity].
Json guarded_json(const DeploymentInput& input, const Decision& decision, std::size_t column) {
  Json array = Json::array();
  const std::optional<GuardEvidence>& guard = input.outside.guard;
  if (guard && decision.considered && decision.considered->method == guard->method && decision.considered->sparsity &&
      std::abs(*decision.considered->sparsity - guard->sparsity) < 1e-9) {
    const GuardedFigure& figure = guard->sensitivity.at(column);
    for (std::size_t rate = 0; rate < figure.guarded.size(); ++rate) {
      array.push_back({guard->rates[rate], json_figure(figure.guarded[rate])});
    }
  }
  return array;
}

Json economics_part(const AuditResult& audit, const Decision& decision, const DeploymentInput& input) {
  std::vector<std::string> names;
  for (const AuditClass& entry : audit.classes) {
    names.push_back(entry.name);
  }
  const std::vector<double> costs = missed_costs(input.economics, names);
  const MethodResult* const method = decision.considered ? method_named(audit, decision.considered->method) : nullptr;
  const std::optional<std::size_t> place = method == nullptr ? std::nullopt : place_of(*method, *decision.considered);
  Json classes = Json::array();
  for (std::size_t column = 0; column < audit.classes.size(); ++column) {
    const AuditClass& entry = audit.classes[column];
    const std::size_t known = audit.images - std::min(audit.images, entry.unknown);
    const bool enough = entry.positive_patients >= audit.options.minimum_patients;
    classes.push_back(
        {{"class", entry.name},
         {"enough_patients", enough},
         {"prevalence",
          known > 0 ? Json(static_cast<double>(entry.positives) / static_cast<double>(known)) : Json(nullptr)},
         {"sensitivity_dense",
          method == nullptr ? Json(nullptr) : json_figure(value_at(method->classes[column].sensitivity, 0))},
         {"sensitivity_pruned",
          method == nullptr ? Json(nullptr) : json_figure(value_at(method->classes[column].sensitivity, place))},
         {"sensitivity_guarded", guarded_json(input, decision, column)},
         {"missed_cost", costs[column]}});
  }
  return {{"inputs", inputs_json(input.economics)},
          {"network", network_json(decision.considered)},
          {"operating_points_chosen", audit.validated},
          {"milliseconds_per_image", pair_json(decision.gains.milliseconds)},
          {"guard_rate", decision.guards.empty() || decision.guards.front().rate == 0.0
                             ? Json(nullptr)
                             : Json(decision.guards.front().rate)},
          {"classes", std::move(classes)}};
}

}  // namespace

nlohmann::ordered_json decision_document(const AuditResult& audit, const DeploymentInput& input) {
  const Decision decision = decide(audit, input.policy, input.outside);
  RolloutOptions rollout = input.rollout;
  rollout.images_a_day = input.economics.images_a_day;
  return {{"decision", decision_part(audit, decision, input)},
          {"rollout", rollout_part(audit, plan_rollout(audit, rollout))},
          {"economics", economics_part(audit, decision, input)}};
}

std::string decision_json(const AuditResult& audit, const DeploymentInput& input) {
  return json_text(decision_document(audit, input), 1) + "\n";
}

}  // namespace niwaki
