#include "niwaki/audit/decision/rollout.hpp"

#include <algorithm>
#include <cmath>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/metrics/binomial_bound.hpp"
#include "niwaki/metrics/mcnemar.hpp"

namespace niwaki {
namespace {

constexpr double kLookSignificance = 0.001;
constexpr std::size_t kStopRows = 6;

void check_between(double value, double low, double high, const char* key, const char* advice) {
  if (!(value > low && value < high)) {
    throw InputError(fmt::format("{} is out of range", shortest(value)), key, advice);
  }
}

/// Two-sided 95%.
Interval share_interval(std::size_t events, std::size_t trials) {
  constexpr double kOneSided = 0.975;
  return {1.0 - clopper_pearson_upper(trials - events, trials, kOneSided),
          clopper_pearson_upper(events, trials, kOneSided)};
}

std::array<double, 3> shares(const RolloutOptions& options) {
  return {1.0, options.limited_share, options.monitored_share};
}

void add_images(const RolloutPlan& plan, RolloutClass& of_class) {
  if (!plan.patients || !of_class.prevalence) {
    return;
  }
  const double images = static_cast<double>(*plan.patients) * plan.images_per_patient;
  of_class.images = std::ceil(images / *of_class.prevalence);
  if (of_class.prevalence_interval->low > 0.0) {
    of_class.images_interval = Interval{std::ceil(images / of_class.prevalence_interval->high),
                                        std::ceil(images / of_class.prevalence_interval->low)};
  }
  if (plan.options.images_a_day > 0.0) {
    for (std::size_t phase = 0; phase < of_class.days.size(); ++phase) {
      of_class.days[phase] = std::ceil(*of_class.images / (plan.options.images_a_day * shares(plan.options)[phase]));
      of_class.feasible[phase] = *of_class.days[phase] <= plan.options.longest_days;
    }
  }
}

RolloutClass class_plan(const AuditResult& audit, std::size_t column, const RolloutPlan& plan) {
  RolloutClass of_class;
  of_class.column = column;
  of_class.positive_patients = audit.classes[column].positive_patients;
  of_class.few_patients = of_class.positive_patients < audit.options.minimum_patients;
  if (of_class.positive_patients > 0 && of_class.positive_patients <= audit.patients) {
    of_class.prevalence = static_cast<double>(of_class.positive_patients) / static_cast<double>(audit.patients);
    of_class.prevalence_interval = share_interval(of_class.positive_patients, audit.patients);
  }
  add_images(plan, of_class);
  return of_class;
}

}  // namespace

void RolloutOptions::check() const {
  check_between(loss, 0.0, 1.0, "rollout.loss", "choose a share above 0 and below 1, such as 0.05");
  if (!(found >= 0.0 && loss + 2.0 * found <= 1.0)) {
    throw InputError(fmt::format("{} is out of range", shortest(found)), "rollout.found",
                     "choose a share from 0 on that leaves room: rollout.loss and twice it make 1 at most");
  }
  check_between(significance, 0.0, 0.5, "rollout.significance", "choose a share above 0 and below 0.5, such as 0.05");
  check_between(power, 0.0, 1.0, "rollout.power", "choose a share above 0 and below 1, such as 0.8");
  check_between(limited_share, 0.0, 1.0 + 1e-12, "rollout.limited_share", "choose a share above 0, at most 1");
  check_between(monitored_share, 0.0, 1.0 + 1e-12, "rollout.monitored_share", "choose a share above 0, at most 1");
  check_between(longest_days, 0.0, 36525.0, "rollout.longest_days", "choose a number of days above 0, such as 365");
}

RolloutPlan plan_rollout(const AuditResult& audit, const RolloutOptions& options) {
  options.check();
  RolloutPlan plan;
  plan.options = options;
  const PairedLoss loss{options.loss + options.found, options.found, options.significance, options.power};
  plan.patients = mcnemar_patients(loss);
  if (plan.patients) {
    plan.reached_power = mcnemar_power(*plan.patients, loss);
  }
  plan.images_per_patient =
      audit.patients > 0 ? static_cast<double>(audit.images) / static_cast<double>(audit.patients) : 0.0;
  for (std::size_t column = 0; column < audit.classes.size(); ++column) {
    plan.classes.push_back(class_plan(audit, column, plan));
  }
  for (std::size_t gained = 0; gained < kStopRows; ++gained) {
    plan.stop.push_back(
        {gained, mcnemar_critical(gained, kLookSignificance), mcnemar_critical(gained, options.significance)});
  }
  const auto planned =
      std::ranges::count_if(plan.classes, [](const RolloutClass& of) { return of.images.has_value(); });
  plan.false_stops = static_cast<double>(planned) * options.significance;
  return plan;
}

}  // namespace niwaki
