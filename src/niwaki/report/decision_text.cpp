#include <algorithm>
#include <cmath>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/report/decision_report.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kMostNames = 5;

std::string percent(double share) {
  return shortest(std::round(share * 1000.0) / 10.0) + "%";
}

std::string change(double value) {
  const double rounded = std::round(value * 1000.0) / 10.0;
  return fmt::format("{}{}%", rounded > 0.0 ? "+" : "", shortest(rounded == 0.0 ? 0.0 : rounded));
}

/// "A, B and C"; of many, the first five and how many more.
std::string listed(std::vector<std::string> names) {
  if (names.size() > kMostNames + 1) {
    const std::size_t more = names.size() - kMostNames;
    names.resize(kMostNames);
    names.push_back(fmt::format("{} more", more));
  }
  if (names.size() < 2) {
    return names.empty() ? "" : names.front();
  }
  const std::string last = names.back();
  names.pop_back();
  return joined(names, ", ") + " and " + last;
}

std::string listed(const std::vector<std::size_t>& columns, const AuditResult& audit) {
  std::vector<std::string> names;
  for (const std::size_t column : columns) {
    names.push_back(audit.classes.at(column).name);
  }
  return listed(std::move(names));
}

std::string network_text(const NetworkChoice& network) {
  if (!network.sparsity) {
    return network.name;
  }
  return network.method.empty() ? fmt::format("{} sparsity", percent(*network.sparsity))
                                : fmt::format("{} at {} sparsity", network.method, percent(*network.sparsity));
}

/// What a reason speaks of: "macro AP, Edema and Hernia".
std::string subjects(const Decision& decision) {
  std::vector<std::string> names = decision.reason_names;
  if (decision.reason_macro) {
    names.insert(names.begin(), "macro AP");
  }
  return listed(std::move(names));
}

std::size_t judged(const Decision& decision) {
  return static_cast<std::size_t>(std::ranges::count_if(decision.requirements, [](const Requirement& requirement) {
    return requirement.column && requirement.status != RequirementStatus::kNotAsked && !is_unknown(requirement.status);
  }));
}

std::string all_holds(const Decision& decision, const std::string& which) {
  const std::size_t classes = judged(decision);
  return fmt::format("{}: macro AP is shown to lose less than {}, and {} less than its tolerance",
                     network_text(*decision.considered), percent(decision.tolerances.macro),
                     classes == 1 ? "the one class" + which : fmt::format("each of {} classes{}", classes, which));
}

const Requirement* requirement_of(const Decision& decision, std::size_t column) {
  const auto found = std::ranges::find_if(decision.requirements,
                                          [&](const Requirement& of) { return of.column == std::optional(column); });
  return found == decision.requirements.end() ? nullptr : &*found;
}

std::string bytes_text(double bytes) {
  return bytes < 1e6 ? fmt::format("{:.0f} kB", bytes / 1e3) : fmt::format("{:.1f} MB", bytes / 1e6);
}

void add_gains(const Decision& decision, const OutsideEvidence& outside, std::vector<std::string>& lines) {
  const DeploymentGains& gains = decision.gains;
  if (gains.milliseconds) {
    lines.push_back(fmt::format(
        "gained: {:.2f} ms an image instead of {:.2f}, {:.1f} images a second instead of {:.1f}, {} of "
        "memory instead of {} ({}, {} threads, batch {})",
        gains.milliseconds->pruned, gains.milliseconds->dense, gains.images_per_second->pruned,
        gains.images_per_second->dense, bytes_text(gains.peak_bytes->pruned), bytes_text(gains.peak_bytes->dense),
        outside.times->processor, outside.times->threads, outside.times->batch));
  } else {
    lines.emplace_back("gained: time, throughput and memory were not measured (niwaki bench --study)");
  }
  lines.push_back(gains.file_bytes
                      ? fmt::format("gained: a file of {} instead of {}", bytes_text(gains.file_bytes->pruned),
                                    bytes_text(gains.file_bytes->dense))
                      : "gained: the network files are not there to be counted");
}

void add_risks(const AuditResult& audit, const Decision& decision, std::vector<std::string>& lines) {
  const DeploymentRisks& risks = decision.risks;
  for (std::size_t rank = 0; rank < std::min(risks.losing.size(), kMostNames); ++rank) {
    const Requirement* const of = requirement_of(decision, risks.losing[rank]);
    if (of != nullptr && of->change && of->band) {
      lines.push_back(fmt::format("risked: {} loses ({}, 95% band {} to {})", audit.classes[risks.losing[rank]].name,
                                  change(*of->change), change(of->band->low), change(of->band->high)));
    }
  }
  if (risks.losing.size() > kMostNames) {
    lines.push_back(fmt::format("risked: {} more classes lose", risks.losing.size() - kMostNames));
  }
  if (!risks.companions.empty()) {
    lines.push_back(fmt::format("risked: {} combinations of findings lose more than the finding alone, at {}",
                                risks.companions.size(), percent(risks.companion_sparsity)));
  }
  for (const DeploymentRisks::Group& group : risks.strata) {
    lines.push_back(fmt::format("risked: {} {} loses more than the others", group.column, group.name));
  }
  if (risks.exemplars > 0) {
    lines.push_back(fmt::format("risked: {} images change most at {}; on {} of them a call is lost", risks.exemplars,
                                percent(risks.exemplar_sparsity), risks.exemplars_losing));
  }
}

void add_unknown(const AuditResult& audit, const Decision& decision, const OutsideEvidence& outside,
                 std::vector<std::string>& lines) {
  if (!decision.unknown.empty()) {
    lines.push_back(fmt::format("not known: {} (too few patients, hardly learned, or no interval)",
                                listed(decision.unknown, audit)));
  }
  if (audit.seeds.size() == 1) {
    lines.emplace_back("not known: how other trainings differ, because there is one seed");
  }
  if (!outside.certificate) {
    lines.emplace_back("not known: whether it holds on patients who had no part in the choice (no certificate)");
  }
  for (const std::string& text : outside.passed_over) {
    lines.push_back("passed over: " + text);
  }
}

}  // namespace

std::string decision_headline(const Decision& decision) {
  switch (decision.verdict) {
    case DeploymentVerdict::kDeploy:
      return "deploy " + network_text(*decision.recommended);
    case DeploymentVerdict::kDeployGuarded:
      return fmt::format("deploy {}, with guards", network_text(*decision.recommended));
    default:
      return deployment_verdict_name(decision.verdict);
  }
}

std::string decision_sentence(const AuditResult& audit, const Decision& decision, const DeploymentInput& input) {
  const std::string network = decision.considered ? network_text(*decision.considered) : "";
  switch (decision.reason) {
    case DecisionReason::kHolds:
      return all_holds(decision, "") + ".";
    case DecisionReason::kHoldsForTheKnown:
      return fmt::format("{}; of {} too little is known, and the policy has that reported.",
                         all_holds(decision, " that can be judged"), subjects(decision));
    case DecisionReason::kGuardRestores:
      return fmt::format(
          "{} is not shown to keep within the policy by itself; with up to {} of the images handed to the dense "
          "network it is{}.",
          network, percent(decision.guards.front().rate),
          decision.unknown.empty() ? "" : ", but for " + listed(decision.unknown, audit));
    case DecisionReason::kCertified:
      return fmt::format(
          "A certificate is granted for {}, on patients who had no part in the choice{}.", network,
          decision.reason_names.empty() ? "" : fmt::format("; of {} it claims nothing", subjects(decision)));
    case DecisionReason::kCertificateExceeded:
      return fmt::format("A certificate is refused for {}: of {} more than is tolerated is shown to be lost.", network,
                         subjects(decision));
    case DecisionReason::kCertificateRefused:
      return fmt::format("A certificate is refused for {}: it is not shown that {} kept.", network,
                         decision.reason_names.empty()
                             ? "everything is"
                             : subjects(decision) + (decision.reason_names.size() == 1 ? " is" : " are"));
    case DecisionReason::kCertifiedTooLittle:
      return fmt::format(
          "The certificate reaches no further than {}, and the policy holds less than {} not worth a deployment.",
          network, percent(input.policy.least_sparsity));
    case DecisionReason::kShownLoss:
      return fmt::format("{} is shown to lose more than is tolerated of {}{}.", network, subjects(decision),
                         decision.chosen_among > 1 ? ", and every other method loses too much as well" : "");
    case DecisionReason::kNotShown:
      return fmt::format(
          "For {} it is shown neither that {} kept within the policy nor that too much is lost.", network,
          subjects(decision) + (decision.reason_names.size() + (decision.reason_macro ? 1 : 0) == 1 ? " is" : " are"));
    case DecisionReason::kUnknownClasses:
      return fmt::format(
          "All that can be judged of {} holds, but of {} too little is known, and the policy says that this blocks.",
          network, subjects(decision));
    case DecisionReason::kNothingJudged:
      return fmt::format(
          "Of no class enough is known to judge it: too few patients (fewer than {}), hardly learned, or no interval.",
          audit.options.minimum_patients);
    case DecisionReason::kNoIntervals:
      return "No intervals over patients were asked for (a bootstrap), so nothing can be said of other patients.";
    case DecisionReason::kNoSparsity:
      return fmt::format("No network was pruned to {} or more, and the policy holds less not worth a deployment.",
                         percent(input.policy.sparsity > 0.0 ? input.policy.sparsity : input.policy.least_sparsity));
  }
  return "";
}

std::vector<std::string> decision_text(const AuditResult& audit, const Decision& decision,
                                       const DeploymentInput& input) {
  std::vector<std::string> lines = {decision_headline(decision), decision_sentence(audit, decision, input)};
  if (decision.chosen_among > 1 && decision.recommended && !input.outside.certificate) {
    lines.push_back(
        fmt::format("chosen among {} methods on the patients who give the figures: what it says of each holds with a "
                    "chance of 95%, and the best of several is flattered",
                    decision.chosen_among));
  }
  for (const DeploymentGuard& guard : decision.guards) {
    lines.push_back(guard.rate > 0.0
                        ? fmt::format("guard: up to {} of the images go to the dense network", percent(guard.rate))
                        : fmt::format("guard: {} stay with people or the dense network", listed(guard.columns, audit)));
  }
  if (decision.considered) {
    add_gains(decision, input.outside, lines);
    add_risks(audit, decision, lines);
  }
  add_unknown(audit, decision, input.outside, lines);
  return lines;
}

}  // namespace niwaki
