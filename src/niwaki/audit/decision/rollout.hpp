#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/audit/result.hpp"

namespace niwaki {

/// What a roll-out is to see, and how fast images come; the table [rollout] of a recipe (docs/report.md).
struct RolloutOptions {
  double loss = 0.05;          // of sensitivity: the share of patients with a finding lost on balance, to be seen
  double found = 0.02;         // share whom the pruned network alone finds, since networks differ in both directions
  double significance = 0.05;  // one-sided, of each class's test
  double power = 0.80;
  double limited_share = 0.1;     // of the images, on which the pruned network acts in the second phase
  double monitored_share = 0.05;  // of the images, which the dense network reads too in the third phase
  double longest_days = 365.0;    // a phase that takes longer is not feasible
  double images_a_day = 0.0;      // 0: not given, and then there are no days
  void check() const;             // throws InputError naming the key
};

/// Calls visit(key, field, meaning) for every key of [rollout] but the images a day, which are [economics]'.
template <typename SomeOptions, typename Visitor>
void visit_rollout_fields(SomeOptions& options, Visitor&& visit) {
  visit("rollout.loss", options.loss, "share of the patients with a finding, lost on balance, that must be seen");
  visit("rollout.found", options.found,
        "share of them whom the pruned network alone finds, as networks differ both ways");
  visit("rollout.significance", options.significance, "of each class's one-sided test");
  visit("rollout.power", options.power, "chance that such a loss is seen");
  visit("rollout.limited_share", options.limited_share,
        "of the images, read by the pruned network in the second phase");
  visit("rollout.monitored_share", options.monitored_share, "of the images, read by both networks in the third phase");
  visit("rollout.longest_days", options.longest_days, "a phase that takes longer is not feasible");
}

/// The three phases, by index.
constexpr std::array<const char*, 3> kRolloutPhases = {"shadow", "limited", "full"};

/// What one class needs. A finding is seen by patient: one patient, one pair of calls.
struct RolloutClass {
  std::size_t column = 0;
  std::size_t positive_patients = 0;   // of the test cohort
  Figure prevalence;                   // of patients there; nothing without a positive one
  FigureInterval prevalence_interval;  // Clopper & Pearson, 95%
  Figure images;                       // that hold the patients needed, at this prevalence
  FigureInterval images_interval;      // at the ends of its interval
  bool few_patients = false;           // below AuditOptions::minimum_patients: the prevalence is hardly known
  std::array<Figure, 3> days;          // one a phase; nothing where no images a day are given
  std::array<bool, 3> feasible{};      // within longest_days; with no images a day: false
};

/// A loss is shown where, beside so many patients whom only the pruned network finds, so many are missed by it alone.
struct StopRule {
  std::size_t gained = 0;
  std::size_t at_any_look =
      0;  // significance 0.001: Haybittle (British J. of Radiology 44, 1971) and Peto et al. (British
          // J. of Cancer 34, 1976), whose looks leave the level at the end all but untouched
  std::size_t at_the_end = 0;  // at RolloutOptions::significance
};

struct RolloutPlan {
  RolloutOptions options;
  std::optional<std::size_t> patients;  // with a finding, that show the loss with the power; none: over 10 million
  Figure reached_power;
  double images_per_patient = 0.0;  // of the test cohort
  std::vector<RolloutClass> classes;
  std::vector<StopRule> stop;  // by gained
  double false_stops = 0.0;    // classes that stop a roll-out without any loss, on average: at most so many
};

/// Dense and pruned network read the same images, so a loss is seen in the patients on whom they differ: McNemar's
/// exact test (metrics/mcnemar.hpp). Images = patients needed / prevalence * images per patient of the test cohort.
RolloutPlan plan_rollout(const AuditResult& audit, const RolloutOptions& options);

}  // namespace niwaki
