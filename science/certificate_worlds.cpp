// How often a certificate is granted that should not be, and how often one is that should: many simulated worlds whose
// true losses are known, each put before certify() as if it were the only one. Prints JSON; ends with 1 where a claim
// does not hold. science/run calls it; docs/certificate.md says what is simulated and shows the figures.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "niwaki/core/parallel.hpp"
#include "niwaki/core/small_program.hpp"
#include "niwaki/metrics/binomial_bound.hpp"
#include "simulated_worlds.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kTolerance = 0.05;
constexpr double kLevel = 0.05;      // 1 - confidence
constexpr double kLeastPower = 0.9;  // with no loss and enough positives
constexpr double kErrors = 3.0;      // Monte Carlo errors that a share may be off by chance

struct Experiment {
  std::size_t worlds = 10000;
  std::uint64_t seed = 1;
  int threads = thread_count();
};

struct Scenario {
  std::string name;
  std::string what;
  WorldModel model;
  bool singles = false;
  bool every_image = false;
  bool should_grant = false;  // nothing is lost: counted is how often it is granted
};

TrueClass lossless(std::size_t patients, std::size_t steps = 1) {
  return {patients, std::vector<double>(steps, 0.0), {}};
}
TrueClass at_tolerance(std::size_t patients) {
  return {patients, {kTolerance}, {}};
}

/// One class at the tolerance and as many patients as matter.
Scenario tight(std::size_t patients) {
  return {fmt::format("one-{}", patients),
          fmt::format("one class, {} patients with it, {:g}% truly lost", patients, 100 * kTolerance),
          {.classes = {at_tolerance(patients)}, .healthy_patients = 100, .sensitivity = 1.0}};
}

std::vector<Scenario> scenarios() {
  std::vector<Scenario> all = {tight(59), tight(93), tight(124), tight(200), tight(500), tight(1000)};
  all.push_back({"one-of-five",
                 "five classes of about 160 detected, one at the tolerance, four without loss",
                 {.classes = {at_tolerance(200), lossless(200), lossless(200), lossless(200), lossless(200)}}});
  all.push_back({"five-of-five",
                 "the same, all five at the tolerance",
                 {.classes = std::vector<TrueClass>(5, at_tolerance(200))}});
  all.push_back({"alarms",
                 "one class without loss, new false alarms at the tolerance",
                 {.classes = {{150, {0.0}, {kTolerance}}}, .healthy_patients = 500}});
  const WorldModel walk = {.classes = {{250, {0.0, 0.01, kTolerance, 0.1}, {}}, lossless(250, 4)}};
  all.push_back({"walk", "four candidates that truly lose 0, 1, 5 and 10% of one class", walk});
  WorldModel several = walk;
  several.one_image = false;
  several.images_lost = 0.3;
  all.push_back({"walk-images", "the same, patients of about three images that are lost together", several});
  WorldModel together = {.classes = {at_tolerance(155)}, .healthy_patients = 100};
  together.one_image = false;
  all.push_back(
      {"every-image", "one class, patients of about three images, counted by every image", together, false, true});
  WorldModel mixed;
  for (std::size_t column = 0; column < 10; ++column) {
    mixed.classes.push_back(column < 4 ? at_tolerance(250) : lossless(250));
  }
  all.push_back({"singles", "ten single claims, four of them false", mixed, true});
  WorldModel single_walk;
  for (std::size_t column = 0; column < 6; ++column) {
    single_walk.classes.push_back({250, {0.0, column < 3 ? kTolerance : 0.0, 0.1}, {}});
  }
  all.push_back({"singles-walk", "six single claims along three candidates; three are false from the second on",
                 single_walk, true});
  const WorldModel none = {.classes = std::vector<TrueClass>(5, lossless(100)), .healthy_patients = 100};
  all.push_back({"no-loss", "five classes of about 80 detected, nothing lost", none, false, false, true});
  WorldModel little = none;
  for (TrueClass& one : little.classes) {
    one = {500, {0.01}, {}};
  }
  all.push_back({"little-loss", "five classes of about 400 detected, 1% truly lost", little, false, false, true});
  return all;
}

/// Whether at this candidate a claim on the class would be false.
bool is_false(const TrueClass& one, std::size_t step) {
  return one.missed[step] >= kTolerance || (!one.false_alarms.empty() && one.false_alarms[step] >= kTolerance);
}

struct Outcome {
  bool wrong = false;  // something was claimed that is not true
  bool granted = false;
  bool naive_wrong = false;     // the same with images for patients
  double attained = 0.0;        // the exact chance of being wrong, given whom the dense network detects; of one claim
  std::size_t true_claims = 0;  // of single claims: how many true ones were made at the first candidate
};

/// Every claim judged as if images were patients.
bool naive_holds(const CertificateStep& step) {
  return std::ranges::all_of(step.figures, [](const ClaimFigures& claim) {
    const EventCounts& counts = claim.counts;
    return binomial_lower_tail(counts.image_events, counts.images, claim.tolerance) <= kLevel;
  });
}

bool wrongly_claimed(const Scenario& scenario, const CertificateResult& result, Outcome& outcome) {
  bool wrong = false;
  for (const CertificateStep& step : result.steps) {
    for (std::size_t column = 0; column < scenario.model.classes.size(); ++column) {
      const bool untrue = is_false(scenario.model.classes[column], step.candidate);
      const bool claimed = scenario.singles ? step.singles[column].status == ClaimStatus::kHolds : step.holds;
      wrong = wrong || (untrue && claimed);
      outcome.true_claims += step.candidate == 0 && !untrue && claimed ? 1 : 0;
    }
  }
  return wrong;
}

/// Of the first claim, where it is at the tolerance and every other is sure to hold.
double attained_level(const CertificateResult& result) {
  const EventCounts& counts = result.outset.front().counts;
  const auto allowed = most_events(counts.eligible, kTolerance, 1.0 - kLevel);
  return allowed ? binomial_lower_tail(*allowed, counts.eligible, kTolerance) : 0.0;
}

Outcome try_world(const Scenario& scenario, RandomStream& random) {
  CertificatePolicy policy;
  policy.tolerance = {kTolerance, kTolerance};
  policy.confidence = 1.0 - kLevel;
  policy.claim = scenario.singles ? CertificateClaim::kSingleClasses : CertificateClaim::kAllClasses;
  policy.patient_event = scenario.every_image ? PatientEvent::kEveryImage : PatientEvent::kFinding;
  policy.resamples = 0;
  const CertificateResult result = certify(draw_world(scenario.model, random), policy, "world");
  Outcome outcome;
  outcome.granted = result.granted;
  outcome.wrong = wrongly_claimed(scenario, result, outcome);
  outcome.attained = attained_level(result);
  outcome.naive_wrong = !result.steps.empty() && is_false(scenario.model.classes[0], 0) && naive_holds(result.steps[0]);
  return outcome;
}

Json scenario_json(const Scenario& scenario, std::uint64_t index, const Experiment& experiment) {
  std::vector<Outcome> outcomes(experiment.worlds);
  parallel_for(outcomes.size(), [&](std::size_t world) {
    RandomStream random(experiment.seed, "science/world", {index, world});
    outcomes[world] = try_world(scenario, random);
  });
  const auto share = [&](const auto& value) {
    double sum = 0.0;
    for (const Outcome& outcome : outcomes) {
      sum += static_cast<double>(value(outcome));
    }
    return sum / static_cast<double>(outcomes.size());
  };
  // The only false claim is the first class's, and it is tested alone.
  const bool one_claim = scenario.model.candidates() == 1 && scenario.model.classes[0].missed[0] == kTolerance &&
                         std::count_if(scenario.model.classes.begin(), scenario.model.classes.end(),
                                       [](const TrueClass& one) { return is_false(one, 0); }) == 1;
  const bool naive_differs = is_false(scenario.model.classes[0], 0) && !scenario.model.one_image;
  std::size_t true_claims = 0;
  for (const TrueClass& one : scenario.model.classes) {
    true_claims += is_false(one, 0) ? 0 : 1;
  }
  return {
      {"name", scenario.name},
      {"what", scenario.what},
      {"worlds", outcomes.size()},
      {"should_grant", scenario.should_grant},
      {"granted", share([](const Outcome& outcome) { return outcome.granted; })},
      {"wrong", share([](const Outcome& outcome) { return outcome.wrong; })},
      {"attained", one_claim ? Json(share([](const Outcome& outcome) { return outcome.attained; })) : Json()},
      {"naive_wrong", naive_differs ? Json(share([](const Outcome& outcome) { return outcome.naive_wrong; })) : Json()},
      {"true_claims", scenario.singles ? Json(share([](const Outcome& outcome) { return outcome.true_claims; }) /
                                              static_cast<double>(true_claims))
                                       : Json()}};
}

double error_of(double share, std::size_t worlds) {
  return std::sqrt(share * (1.0 - share) / static_cast<double>(worlds));
}

/// One sentence for each claim that does not hold.
std::vector<std::string> broken_claims(const Json& scenario) {
  std::vector<std::string> broken;
  const auto name = scenario["name"].get<std::string>();
  const auto worlds = scenario["worlds"].get<std::size_t>();
  const auto wrong = scenario["wrong"].get<double>();
  if (wrong > kLevel + kErrors * error_of(kLevel, worlds)) {
    broken.push_back(fmt::format("{}: wrong in {:.1f}% of worlds", name, 100 * wrong));
  }
  if (!scenario["attained"].is_null()) {
    const auto attained = scenario["attained"].get<double>();
    if (attained > kLevel || std::abs(wrong - attained) > kErrors * error_of(attained, worlds)) {
      broken.push_back(
          fmt::format("{}: wrong in {:.1f}% of worlds, where {:.1f}% is exact", name, 100 * wrong, 100 * attained));
    }
  }
  if (scenario["should_grant"].get<bool>() && scenario["granted"].get<double>() <= kLeastPower) {
    broken.push_back(
        fmt::format("{}: granted in {:.1f}% of worlds only", name, 100 * scenario["granted"].get<double>()));
  }
  return broken;
}

int run(const Experiment& experiment) {
  set_thread_count(experiment.threads);
  Json result{{"worlds", experiment.worlds}, {"seed", experiment.seed}, {"tolerance", kTolerance}, {"level", kLevel},
              {"scenarios", Json::array()},  {"broken", Json::array()}};
  const std::vector<Scenario> all = scenarios();
  for (std::size_t i = 0; i < all.size(); ++i) {
    fmt::print(stderr, "certificate: {}\n", all[i].name);
    result["scenarios"].push_back(scenario_json(all[i], i, experiment));
    for (const std::string& sentence : broken_claims(result["scenarios"].back())) {
      result["broken"].push_back(sentence);
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
  CLI::App program("How often certificates are granted in simulated worlds", "niwaki_science_certificate");
  program.add_option("--worlds", experiment.worlds, "Of each scenario")->capture_default_str();
  program.add_option("--seed", experiment.seed)->capture_default_str();
  program.add_option("--threads", experiment.threads)->capture_default_str();
  CLI11_PARSE(program, argc, argv);
  return run(experiment);
}

}  // namespace
}  // namespace niwaki

int main(int argc, char** argv) {
  return niwaki::exit_code_of([&] { return niwaki::parse_and_run(argc, argv); }, 2);
}
