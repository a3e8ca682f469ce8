#include "niwaki/audit/decision/decision.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "niwaki/audit/decision/requirements.hpp"
#include "niwaki/audit/decision/risks.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

constexpr std::array<const char*, 4> kVerdicts = {"deploy", "deploy with guards", "do not deploy",
                                                  "insufficient evidence"};
constexpr std::array<const char*, 13> kReasons = {"holds",
                                                  "holds for the known",
                                                  "guard restores",
                                                  "certified",
                                                  "certificate exceeded",
                                                  "certificate refused",
                                                  "certified too little",
                                                  "shown loss",
                                                  "not shown",
                                                  "unknown classes",
                                                  "nothing judged",
                                                  "no intervals",
                                                  "no sparsity"};
constexpr std::array<const char*, 7> kStatuses = {"kept",           "lost",    "not shown", "few patients",
                                                  "hardly learned", "no band", "not asked"};
constexpr double kSameSparsity = 1e-9;

/// What one decision is made from, and made into.
class Decider {
 public:
  Decider(const AuditResult& audit, const DeploymentPolicy& policy, const OutsideEvidence& outside)
      : audit_(audit), policy_(policy), outside_(outside) {
    decision_.tolerances = tolerances_of(policy, audit);
    for (const MethodResult& method : audit.methods) {
      decision_.methods.push_back(judge_method(method, decision_.tolerances));
    }
    choose_candidates();
    decision_.chosen_among = candidates_.size();
  }

  Decision decide() {
    if (!by_certificate()) {
      by_audit();
    }
    describe();
    return std::move(decision_);
  }

 private:
  /// A method, and the step from which on pruning is worth a deployment: the lowest, or the one decided beforehand.
  struct Candidate {
    std::size_t method = 0;
    std::optional<std::size_t> step;
    std::optional<std::size_t> reach;  // the step to be recommended
  };

  void choose_candidates() {
    for (std::size_t index = 0; index < decision_.methods.size(); ++index) {
      if (policy_.method.empty() || policy_.method == decision_.methods[index].method) {
        candidates_.push_back(candidate_of(index));
      }
    }
    if (candidates_.empty() && !policy_.method.empty()) {
      std::vector<std::string> names;
      for (const JudgedMethod& method : decision_.methods) {
        names.push_back(method.method);
      }
      throw InputError(
          fmt::format("the method '{}' was not audited{}", policy_.method, did_you_mean(policy_.method, names)),
          "policy.method", fmt::format("name one of {}", joined(names, ", ")));
    }
  }

  [[nodiscard]] Candidate candidate_of(std::size_t index) const {
    const JudgedMethod& method = decision_.methods[index];
    Candidate candidate{index, {}, {}};
    const bool fixed = policy_.sparsity > 0.0;
    for (std::size_t step = 0; step < method.steps.size() && !candidate.step; ++step) {
      const double sparsity = method.steps[step].sparsity;
      if (fixed ? std::abs(sparsity - policy_.sparsity) < kSameSparsity
                : sparsity > policy_.least_sparsity - kSameSparsity) {
        candidate.step = step;
      }
    }
    if (!candidate.step) {
      if (fixed && !policy_.method.empty()) {
        throw InputError(fmt::format("the sparsity {} was not audited", shortest(policy_.sparsity)), "policy.sparsity",
                         "choose one that the method was pruned to");
      }
      return candidate;
    }
    if (fixed) {
      candidate.reach = method.steps[*candidate.step].holds ? candidate.step : std::nullopt;
      return candidate;
    }
    for (std::size_t step = 0; step < method.steps.size() && method.steps[step].holds; ++step) {
      candidate.reach = step >= *candidate.step ? std::optional(step) : std::nullopt;
    }
    return candidate;
  }

  [[nodiscard]] const JudgedStep& step(const Candidate& candidate, std::size_t at) const {
    return decision_.methods[candidate.method].steps[at];
  }

  void conclude(DeploymentVerdict verdict, DecisionReason reason) {
    decision_.verdict = verdict;
    decision_.reason = reason;
  }

  void consider(const Candidate& candidate, std::size_t at) {
    decision_.considered = NetworkChoice{decision_.methods[candidate.method].method, "", step(candidate, at).sparsity};
    decision_.requirements = step(candidate, at).requirements;
    decision_.unknown = unknown_columns(decision_.requirements);
  }

  // --- the certificate ---

  bool by_certificate() {
    if (!outside_.certificate || (!policy_.method.empty() && !outside_.certificate->method.empty() &&
                                  policy_.method != outside_.certificate->method)) {
      return false;
    }
    const CertificateEvidence& certificate = *outside_.certificate;
    decision_.considered = NetworkChoice{certificate.method, certificate.name, certificate.sparsity};
    take_requirements_of_considered();
    if (!certificate.granted) {
      const bool exceeded = !certificate.exceeded.empty();
      conclude(exceeded ? DeploymentVerdict::kDoNotDeploy : DeploymentVerdict::kInsufficientEvidence,
               exceeded ? DecisionReason::kCertificateExceeded : DecisionReason::kCertificateRefused);
      decision_.reason_names = exceeded ? certificate.exceeded : certificate.unclaimed;
      return true;
    }
    if (certificate.sparsity && *certificate.sparsity < policy_.least_sparsity - kSameSparsity) {
      conclude(DeploymentVerdict::kInsufficientEvidence, DecisionReason::kCertifiedTooLittle);
      return true;
    }
    decision_.recommended = decision_.considered;
    const bool all = certificate.unclaimed.empty();
    conclude(all ? DeploymentVerdict::kDeploy : DeploymentVerdict::kDeployGuarded, DecisionReason::kCertified);
    decision_.reason_names = certificate.unclaimed;
    if (!all) {
      DeploymentGuard& guard = decision_.guards.emplace_back();
      for (std::size_t column = 0; column < audit_.classes.size(); ++column) {
        if (std::ranges::find(certificate.unclaimed, audit_.classes[column].name) != certificate.unclaimed.end()) {
          guard.columns.push_back(column);
        }
      }
    }
    return true;
  }

  /// Of a network that the certificate names, where it was audited too.
  void take_requirements_of_considered() {
    for (const JudgedMethod& method : decision_.methods) {
      for (const JudgedStep& at : method.steps) {
        if (method.method == decision_.considered->method && decision_.considered->sparsity &&
            std::abs(at.sparsity - *decision_.considered->sparsity) < kSameSparsity) {
          decision_.requirements = at.requirements;
          decision_.unknown = unknown_columns(at.requirements);
        }
      }
    }
  }

  // --- the audit ---

  void by_audit() {
    const Candidate* const best = furthest();
    if (best == nullptr) {
      conclude(DeploymentVerdict::kInsufficientEvidence, DecisionReason::kNoSparsity);
      return;
    }
    if (best->reach) {
      consider(*best, *best->reach);
      recommend(DecisionReason::kHolds);
      return;
    }
    consider(*best, *best->step);
    if (audit_.options.resamples == 0) {
      conclude(DeploymentVerdict::kInsufficientEvidence, DecisionReason::kNoIntervals);
    } else if (nothing_judged()) {
      conclude(DeploymentVerdict::kInsufficientEvidence, DecisionReason::kNothingJudged);
      decision_.reason_columns = decision_.unknown;
    } else if (!by_guard()) {
      refuse(*best);
    }
  }

  /// The candidate that reaches furthest; where none reaches the least sparsity, the one with fewest shown losses
  /// there, then the higher lower end of macro AP's band, then the first of the recipe.
  [[nodiscard]] const Candidate* furthest() const {
    const Candidate* best = nullptr;
    const auto rank = [&](const Candidate& candidate) {
      const std::size_t at = candidate.reach.value_or(*candidate.step);
      const std::vector<Requirement>& requirements = step(candidate, at).requirements;
      const double losses = static_cast<double>(columns_with(requirements, RequirementStatus::kLost).size()) +
                            (requirements.front().status == RequirementStatus::kLost ? 1.0 : 0.0);
      const double low =
          requirements.front().band ? requirements.front().band->low : -std::numeric_limits<double>::infinity();
      return std::array<double, 3>{candidate.reach ? step(candidate, at).sparsity : 0.0, -losses, low};
    };
    for (const Candidate& candidate : candidates_) {
      if (candidate.step && (best == nullptr || rank(candidate) > rank(*best))) {
        best = &candidate;
      }
    }
    return best;
  }

  [[nodiscard]] bool nothing_judged() const {
    return std::ranges::all_of(decision_.requirements, [](const Requirement& requirement) {
      return !requirement.column || is_unknown(requirement.status) ||
             requirement.status == RequirementStatus::kNotAsked;
    });
  }

  /// Of the considered network, of which all that is known holds.
  void recommend(DecisionReason reason) {
    if (decision_.unknown.empty()) {
      decision_.recommended = decision_.considered;
      conclude(decision_.guards.empty() ? DeploymentVerdict::kDeploy : DeploymentVerdict::kDeployGuarded, reason);
      return;
    }
    decision_.reason_columns = decision_.unknown;
    if (policy_.unknown_classes == "block") {
      decision_.guards.clear();
      conclude(DeploymentVerdict::kInsufficientEvidence, DecisionReason::kUnknownClasses);
      return;
    }
    decision_.recommended = decision_.considered;
    decision_.guards.emplace_back().columns = decision_.unknown;
    conclude(DeploymentVerdict::kDeployGuarded,
             reason == DecisionReason::kHolds ? DecisionReason::kHoldsForTheKnown : reason);
  }

  void refuse(const Candidate& best) {
    const bool lost_by_all = std::ranges::all_of(candidates_, [&](const Candidate& candidate) {
      return candidate.step && loses(step(candidate, *candidate.step));
    });
    if (lost_by_all) {
      conclude(DeploymentVerdict::kDoNotDeploy, DecisionReason::kShownLoss);
      name_those(step(best, *best.step), {RequirementStatus::kLost});
      return;
    }
    conclude(DeploymentVerdict::kInsufficientEvidence, DecisionReason::kNotShown);
    // What fails at the considered step, or else what ended the walk before it.
    const std::vector<JudgedStep>& steps = decision_.methods[best.method].steps;
    const auto failed = step(best, *best.step).holds ? std::ranges::find(steps, false, &JudgedStep::holds)
                                                     : steps.begin() + static_cast<std::ptrdiff_t>(*best.step);
    name_those(*failed, {RequirementStatus::kLost, RequirementStatus::kNotShown});
  }

  [[nodiscard]] static bool loses(const JudgedStep& at) {
    return std::ranges::any_of(at.requirements,
                               [](const Requirement& of) { return of.status == RequirementStatus::kLost; });
  }

  void name_those(const JudgedStep& at, const std::vector<RequirementStatus>& statuses) {
    for (const Requirement& requirement : at.requirements) {
      const bool named = std::ranges::find(statuses, requirement.status) != statuses.end() ||
                         (!requirement.column && is_unknown(requirement.status));
      if (named && requirement.column) {
        decision_.reason_columns.push_back(*requirement.column);
      } else if (named) {
        decision_.reason_macro = true;
      }
    }
  }

  // --- the guard ---

  /// The lowest rate such that at it, and at every higher one, what is known holds.
  bool by_guard() {
    if (!outside_.guard || (!policy_.method.empty() && policy_.method != outside_.guard->method) ||
        outside_.guard->sparsity < policy_.least_sparsity - kSameSparsity ||
        (policy_.sparsity > 0.0 && std::abs(policy_.sparsity - outside_.guard->sparsity) > kSameSparsity)) {
      return false;
    }
    const GuardEvidence& guard = *outside_.guard;
    std::optional<std::size_t> lowest;
    std::vector<Requirement> held;
    for (std::size_t rate = guard.rates.size(); rate-- > 0;) {
      std::vector<Requirement> here = guarded_requirements(guard, rate);
      if (!all_known_kept(here)) {
        break;
      }
      lowest = rate;
      held = std::move(here);
    }
    if (!lowest) {
      return false;
    }
    decision_.considered = NetworkChoice{guard.method, "", guard.sparsity};
    decision_.requirements = std::move(held);
    decision_.unknown = unknown_columns(decision_.requirements);
    decision_.guards.push_back({guard.rates[*lowest], guard.deferred[*lowest], guard.milliseconds[*lowest], {}});
    recommend(DecisionReason::kGuardRestores);
    return true;
  }

  [[nodiscard]] std::vector<Requirement> guarded_requirements(const GuardEvidence& guard, std::size_t rate) const {
    std::vector<Requirement> requirements;
    requirements.push_back(guarded(guard.macro_ap, rate, decision_.tolerances.macro, std::nullopt));
    for (std::size_t column = 0; column < audit_.classes.size(); ++column) {
      const std::optional<double>& tolerance = decision_.tolerances.classes[column];
      Requirement of_class = guarded(guard.ap.at(column), rate, tolerance.value_or(0.0), column);
      const RequirementStatus before = status_without_guard(guard, column);
      of_class.status = !tolerance ? RequirementStatus::kNotAsked : is_unknown(before) ? before : of_class.status;
      requirements.push_back(of_class);
    }
    return requirements;
  }

  /// Too few patients are too few with a guard as well.
  [[nodiscard]] RequirementStatus status_without_guard(const GuardEvidence& guard, std::size_t column) const {
    for (const JudgedMethod& method : decision_.methods) {
      if (method.method == guard.method && !method.steps.empty()) {
        return method.steps.front().requirements[column + 1].status;
      }
    }
    return RequirementStatus::kNoBand;
  }

  /// The gap to the dense network relative to its AP.
  static Requirement guarded(const GuardedFigure& figure, std::size_t rate, double tolerance,
                             std::optional<std::size_t> column) {
    Requirement requirement;
    requirement.column = column;
    requirement.tolerance = tolerance;
    if (figure.dense && *figure.dense > 0.0 && rate < figure.guarded.size() && figure.guarded[rate]) {
      requirement.change = (*figure.guarded[rate] - *figure.dense) / *figure.dense;
      if (figure.gap[rate]) {
        requirement.band = Interval{figure.gap[rate]->low / *figure.dense, figure.gap[rate]->high / *figure.dense};
      }
    }
    requirement.status = status_of(requirement.band, tolerance);
    return requirement;
  }

  // --- what stands beside the verdict ---

  void describe() {
    for (const std::size_t column : decision_.reason_columns) {
      decision_.reason_names.push_back(audit_.classes[column].name);
    }
    if (!decision_.considered) {
      return;
    }
    decision_.gains = gains_of(*decision_.considered, outside_);
    for (const MethodResult& method : audit_.methods) {
      if (method.method == decision_.considered->method) {
        decision_.risks = risks_of(method, decision_.requirements);
      }
    }
  }

  const AuditResult& audit_;
  const DeploymentPolicy& policy_;
  const OutsideEvidence& outside_;
  std::vector<Candidate> candidates_;
  Decision decision_;
};

}  // namespace

const char* deployment_verdict_name(DeploymentVerdict verdict) {
  return kVerdicts.at(static_cast<std::size_t>(verdict));
}
const char* decision_reason_name(DecisionReason reason) {
  return kReasons.at(static_cast<std::size_t>(reason));
}
const char* requirement_status_name(RequirementStatus status) {
  return kStatuses.at(static_cast<std::size_t>(status));
}

Decision decide(const AuditResult& audit, const DeploymentPolicy& policy, const OutsideEvidence& outside) {
  return Decider(audit, policy, outside).decide();
}

}  // namespace niwaki
