// How often the audit's intervals hold the truth: many simulated cohorts, each audited as if it were the only one, held
// to a population so large that its figures count as true. Beside them, what they are an answer to: plain percentile
// intervals, and a bootstrap that draws images instead of patients. Prints JSON; ends with 1 where the main claim does
// not hold. science/run calls it; docs/science.md says what is simulated and shows the figures.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/small_program.hpp"
#include "simulated_bootstrap.hpp"
#include "simulated_cohort.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;

// The main claim: of the scenario marked so, for the first measures, patients cover within these bounds, and images
// (with the same kind of interval, so that only what is drawn differs) below them. In 500 cohorts a share of 95 % has
// an error of 1 %, so that four right intervals would leave these bounds together in one run of eight; hence more
// cohorts.
constexpr double kLeastCoverage = 0.93;
constexpr double kMostCoverage = 0.97;
constexpr std::size_t kClaimedMeasures = 4;
constexpr std::size_t kClaimedTimes = 4;  // as many cohorts as elsewhere

constexpr std::size_t kFewestPatients = 5;                           // as audit/evidence.cpp: with fewer no interval
constexpr double kSignificant = 0.05;                                // a p-value below it is an alarm
constexpr std::array kTwinMeasures{kMeasures[2], kMeasures[3]};      // p-values are of these
constexpr std::array<const char*, 2> kUnits{"patients", "images"};   // what a bootstrap draws
constexpr std::array<const char*, 2> kKinds{"audit", "percentile"};  // of interval
constexpr std::array kIntervalsOf{audit_intervals, plain_intervals};

struct Experiment {
  std::size_t cohorts = 500;  // of each scenario; kClaimedTimes as many of the claimed one
  std::size_t resamples = 1000;
  std::size_t population = 300000;  // patients that the truth is computed from
  std::uint64_t seed = 1;
  int threads = thread_count();
  std::vector<std::string> scenarios;  // all where none is named
};

struct Scenario {
  const char* name;
  double positive_patients;  // that a cohort has on average
  double prevalence;
  VisitPattern visits;
  bool claimed = false;
};

constexpr std::array kScenarios{
    Scenario{"15-rare", 15, 0.005, VisitPattern::kGeometric},
    Scenario{"15-common", 15, 0.1, VisitPattern::kGeometric},
    Scenario{"30-rare", 30, 0.01, VisitPattern::kGeometric},
    Scenario{"30-common", 30, 0.1, VisitPattern::kGeometric},
    Scenario{"60-rare", 60, 0.02, VisitPattern::kGeometric, true},
    Scenario{"60-common", 60, 0.1, VisitPattern::kGeometric},
    Scenario{"200-rare", 200, 0.02, VisitPattern::kGeometric},
    Scenario{"200-common", 200, 0.1, VisitPattern::kGeometric},
    Scenario{"30-test-list", 30, 0.005, VisitPattern::kTestList},
    Scenario{"200-test-list", 200, 0.03, VisitPattern::kTestList},
};

/// Whether one cohort's interval (or all intervals of its band) held the truth.
struct Outcome {
  bool given = false;
  bool covered = false;
  bool truth_below = false;  // of an interval that did not hold it
  double width = 0.0;        // of a band: the mean over networks
};

/// What one cohort says, by index into kUnits, kKinds, kMeasures and kTwinMeasures.
struct CohortOutcome {
  double images = 0;
  double positive_patients = 0;
  double effective_patients = 0;
  std::array<std::array<std::array<Outcome, kMeasures.size()>, kKinds.size()>, kUnits.size()> intervals;
  std::array<std::array<std::optional<double>, kTwinMeasures.size()>, kUnits.size()> p_values;
};

Outcome outcome_of(const Intervals& intervals, const Measure& measure, const Figures& truth) {
  if (!intervals) {
    return {};
  }
  Outcome outcome{.given = true, .covered = true};
  for (std::size_t i = 0; i < intervals->size(); ++i) {
    const Interval& interval = (*intervals)[i];
    const double value = value_of(measure, truth, measure.band ? kFirstPruned + i : kPaired);
    outcome.covered = outcome.covered && interval.low <= value && value <= interval.high;
    outcome.truth_below = outcome.truth_below || value < interval.low;
    outcome.width += (interval.high - interval.low) / static_cast<double>(intervals->size());
  }
  return outcome;
}

void judge(const Bootstrap& bootstrap, const Figures& truth, std::size_t unit, CohortOutcome& outcome) {
  for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
    for (std::size_t i = 0; i < kMeasures.size(); ++i) {
      outcome.intervals[unit][kind][i] = outcome_of(kIntervalsOf[kind](kMeasures[i], bootstrap), kMeasures[i], truth);
    }
  }
  for (std::size_t i = 0; i < kTwinMeasures.size(); ++i) {
    outcome.p_values[unit][i] = twin_p(kTwinMeasures[i], bootstrap);
  }
}

CohortOutcome try_cohort(const SimulatedCohort& cohort, std::size_t patients, const Figures& truth,
                         std::size_t resamples, std::uint64_t seed) {
  const std::vector<std::size_t> positives = positive_images(cohort);
  CohortOutcome outcome;
  outcome.images = static_cast<double>(cohort.images());
  outcome.positive_patients = static_cast<double>(positives.size());
  outcome.effective_patients = effective_patients(positives);
  if (positives.size() < kFewestPatients) {
    return outcome;
  }
  const Figures estimates = figures_of(cohort);
  judge(bootstrap_of(cohort, estimates, cohort.patients, PatientResamples(patients, resamples, seed),
                     outcome.effective_patients),
        truth, 0, outcome);
  std::vector<std::uint32_t> each(cohort.images());
  std::iota(each.begin(), each.end(), 0U);
  const auto positive = static_cast<double>(std::accumulate(positives.begin(), positives.end(), std::size_t{0}));
  judge(bootstrap_of(cohort, estimates, each, PatientResamples(each.size(), resamples, seed), positive), truth, 1,
        outcome);
  return outcome;
}

template <typename Value>
double mean_over(const std::vector<CohortOutcome>& outcomes, const Value& value) {
  double sum = 0.0;
  for (const CohortOutcome& outcome : outcomes) {
    sum += value(outcome);
  }
  return sum / static_cast<double>(outcomes.size());
}

Json coverage_json(std::span<const CohortOutcome> outcomes, std::size_t unit, std::size_t kind, std::size_t measure) {
  std::size_t given = 0;
  std::size_t covered = 0;
  std::size_t below = 0;
  double width = 0.0;
  for (const CohortOutcome& cohort : outcomes) {
    const Outcome& outcome = cohort.intervals[unit][kind][measure];
    given += outcome.given ? 1 : 0;
    covered += outcome.covered ? 1 : 0;
    below += outcome.truth_below ? 1 : 0;
    width += outcome.width;
  }
  const auto all = static_cast<double>(given);
  return {{"given", given},
          {"covered", given > 0 ? Json(static_cast<double>(covered) / all) : Json()},
          {"truth_below", given > 0 ? Json(static_cast<double>(below) / all) : Json()},
          {"mean_width", given > 0 ? Json(width / all) : Json()}};
}

Json alarms_json(const std::vector<CohortOutcome>& outcomes, std::size_t unit, std::size_t measure) {
  std::size_t given = 0;
  std::size_t alarms = 0;
  for (const CohortOutcome& cohort : outcomes) {
    const std::optional<double>& p = cohort.p_values[unit][measure];
    given += p ? 1 : 0;
    alarms += p && *p < kSignificant ? 1 : 0;
  }
  return {{"given", given},
          {"alarms", given > 0 ? Json(static_cast<double>(alarms) / static_cast<double>(given)) : Json()}};
}

Json truth_json(const Figures& truth) {
  Json json;
  for (const Measure& measure : kMeasures) {
    if (!measure.band) {
      json[measure.name] = value_of(measure, truth, kPaired);
    }
  }
  json["pruned_ap"] = std::vector(truth.ap.begin() + kFirstPruned, truth.ap.end());
  json["twin_ap"] = truth.ap[kTwin];
  return json;
}

Json scenario_json(const Scenario& scenario, std::size_t patients, const Figures& truth,
                   const std::vector<CohortOutcome>& outcomes) {
  Json json{
      {"name", scenario.name},
      {"claimed", scenario.claimed},
      {"prevalence", scenario.prevalence},
      {"test_list", scenario.visits == VisitPattern::kTestList},
      {"cohorts", outcomes.size()},
      {"patients", patients},
      {"images", mean_over(outcomes, [](const CohortOutcome& one) { return one.images; })},
      {"positive_patients", mean_over(outcomes, [](const CohortOutcome& one) { return one.positive_patients; })},
      {"effective_patients", mean_over(outcomes, [](const CohortOutcome& one) { return one.effective_patients; })},
      {"truth", truth_json(truth)}};
  for (std::size_t unit = 0; unit < kUnits.size(); ++unit) {
    for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
      for (std::size_t i = 0; i < kMeasures.size(); ++i) {
        json["coverage"][kUnits[unit]][kKinds[kind]][kMeasures[i].name] = coverage_json(outcomes, unit, kind, i);
      }
    }
    for (std::size_t i = 0; i < kTwinMeasures.size(); ++i) {
      json["false_alarms"][kUnits[unit]][kTwinMeasures[i].name] = alarms_json(outcomes, unit, i);
    }
  }
  return json;
}

Json try_scenario(const Scenario& scenario, std::uint64_t index, const Experiment& experiment) {
  const CohortModel model{.prevalence = scenario.prevalence, .visits = scenario.visits};
  RandomStream random(experiment.seed, "science/population", {index});
  const SimulatedCohort population = draw_cohort(model, experiment.population, random);
  const Figures truth = figures_of(population);
  const double positive_share =
      static_cast<double>(positive_images(population).size()) / static_cast<double>(experiment.population);
  const auto patients = static_cast<std::size_t>(std::lround(scenario.positive_patients / positive_share));
  std::vector<CohortOutcome> outcomes(experiment.cohorts * (scenario.claimed ? kClaimedTimes : 1));
  parallel_for(outcomes.size(), [&](std::size_t cohort) {
    RandomStream own(experiment.seed, "science/cohort", {index, cohort});
    const SimulatedCohort drawn = draw_cohort(model, patients, own);
    outcomes[cohort] = try_cohort(drawn, patients, truth, experiment.resamples, own.bits());
  });
  Json json = scenario_json(scenario, patients, truth, outcomes);
  if (scenario.claimed) {
    json["first"]["cohorts"] = experiment.cohorts;
    for (std::size_t i = 0; i < kMeasures.size(); ++i) {
      json["first"][kMeasures[i].name] = coverage_json(std::span(outcomes).first(experiment.cohorts), 0, 0, i);
    }
  }
  return json;
}

/// One sentence for each part of the main claim that does not hold.
std::vector<std::string> broken_claims(const Json& scenario) {
  std::vector<std::string> broken;
  for (std::size_t i = 0; i < kClaimedMeasures; ++i) {
    const auto covered = [&](const char* unit) {
      const Json& share = scenario["coverage"][unit]["audit"][kMeasures[i].name]["covered"];
      return share.is_null() ? 0.0 : share.get<double>();
    };
    if (covered("patients") < kLeastCoverage || covered("patients") > kMostCoverage) {
      broken.push_back(fmt::format("{}: the interval of {} over patients covers in {:.1f} %, not in {:.0f} to {:.0f} %",
                                   scenario["name"].get<std::string>(), kMeasures[i].name, 100 * covered("patients"),
                                   100 * kLeastCoverage, 100 * kMostCoverage));
    }
    if (covered("images") >= kLeastCoverage) {
      broken.push_back(fmt::format("{}: the interval of {} over images covers in {:.1f} %, which is not too seldom",
                                   scenario["name"].get<std::string>(), kMeasures[i].name, 100 * covered("images")));
    }
  }
  return broken;
}

bool wanted(const Scenario& scenario, const Experiment& experiment) {
  return experiment.scenarios.empty() || std::find(experiment.scenarios.begin(), experiment.scenarios.end(),
                                                   scenario.name) != experiment.scenarios.end();
}

int run(const Experiment& experiment) {
  set_thread_count(experiment.threads);
  const CohortModel model;
  Json result{{"cohorts", experiment.cohorts},
              {"resamples", experiment.resamples},
              {"population", experiment.population},
              {"seed", experiment.seed},
              {"claim", {{"least", kLeastCoverage}, {"most", kMostCoverage}}},
              {"wear", kWear},
              {"paired_wear", kWear[kPaired - kFirstPruned]},
              {"model",
               {{"trait_share", model.trait_share},
                {"separation", model.separation},
                {"patient_deviation", model.patient_deviation},
                {"image_deviation", model.image_deviation},
                {"twin_shared_share", model.twin_shared_share}}},
              {"scenarios", Json::array()},
              {"broken", Json::array()}};
  for (std::size_t i = 0; i < kScenarios.size(); ++i) {
    if (wanted(kScenarios[i], experiment)) {
      fmt::print(stderr, "bootstrap: {}\n", kScenarios[i].name);
      result["scenarios"].push_back(try_scenario(kScenarios[i], i, experiment));
      if (kScenarios[i].claimed) {
        result["broken"] = broken_claims(result["scenarios"].back());
      }
    }
  }
  fmt::print("{}\n", result.dump(1));
  for (const Json& sentence : result["broken"]) {
    fmt::print(stderr, "does not hold: {}\n", sentence.get<std::string>());
  }
  return result["broken"].empty() ? 0 : 1;
}

int parse_and_run(int argc, char** argv) {
  Experiment experiment;
  CLI::App program("Coverage of the audit's intervals in simulated cohorts", "niwaki_science_bootstrap");
  program.add_option("--cohorts", experiment.cohorts, "Of each scenario, and four times as many of the claimed one")
      ->capture_default_str();
  program.add_option("--resamples", experiment.resamples, "Of each cohort")->capture_default_str();
  program.add_option("--population", experiment.population, "Patients behind the truth")->capture_default_str();
  program.add_option("--seed", experiment.seed)->capture_default_str();
  program.add_option("--threads", experiment.threads)->capture_default_str();
  std::vector<std::string> names;
  std::transform(kScenarios.begin(), kScenarios.end(), std::back_inserter(names),
                 [](const Scenario& scenario) { return scenario.name; });
  program.add_option("--scenario", experiment.scenarios, "Only these")->check(CLI::IsMember(names));
  CLI11_PARSE(program, argc, argv);
  return run(experiment);
}

}  // namespace
}  // namespace niwaki

int main(int argc, char** argv) {
  return niwaki::exit_code_of([&] { return niwaki::parse_and_run(argc, argv); }, 2);
}
