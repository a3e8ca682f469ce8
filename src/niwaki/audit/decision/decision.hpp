#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/audit/decision/deployment_policy.hpp"
#include "niwaki/audit/decision/outside_evidence.hpp"
#include "niwaki/audit/result.hpp"

namespace niwaki {

enum class DeploymentVerdict : std::uint8_t { kDeploy, kDeployGuarded, kDoNotDeploy, kInsufficientEvidence };
const char* deployment_verdict_name(DeploymentVerdict verdict);  // "deploy", "deploy with guards", "do not deploy",
                                                                 // "insufficient evidence"

/// Why: one sentence each (report/decision_report.hpp).
enum class DecisionReason : std::uint8_t {
  kHolds,                // everything asked is shown, up to the recommended sparsity
  kHoldsForTheKnown,     // ... of the classes of which enough is known; the policy has the others reported
  kGuardRestores,        // under the guard, everything asked is shown
  kCertified,            // a certificate is granted
  kCertificateExceeded,  // a certificate is refused: a loss above its tolerance is shown
  kCertificateRefused,   // a certificate is refused: nothing is shown
  kCertifiedTooLittle,   // a certificate is granted, but below the least sparsity worth a deployment
  kShownLoss,            // at the considered sparsity, more than is tolerated is shown to be lost
  kNotShown,             // it is shown neither that the policy holds nor that it does not
  kUnknownClasses,       // all that is known holds; the policy says that what is not known blocks
  kNothingJudged,        // no class has enough patients
  kNoIntervals,          // no bootstrap was asked for
  kNoSparsity            // no sparsity worth a deployment was audited
};
const char* decision_reason_name(DecisionReason reason);  // "holds", "guard restores", ...

/// What is known of one thing that the policy asks, at one sparsity. All by the 95% band of the audit, whose ends hold
/// for all sparsities of a class at once: kept, where the whole band is above -tolerance; lost, where it is below.
enum class RequirementStatus : std::uint8_t {
  kKept,
  kLost,
  kNotShown,
  kFewPatients,    // fewer than AuditOptions::minimum_patients with, or without, the class
  kHardlyLearned,  // by the dense network
  kNoBand,         // none can be had
  kNotAsked        // excluded by the policy
};
const char* requirement_status_name(RequirementStatus status);  // "kept", "lost", "not shown", "few patients", ...
bool is_unknown(RequirementStatus status);                      // few patients, hardly learned, no band

struct Requirement {
  std::optional<std::size_t> column;  // of the audit's classes; none: macro AP
  double tolerance = 0.0;             // relative loss of AP
  RequirementStatus status = RequirementStatus::kNoBand;
  Figure change;        // relative change of AP, median over seeds
  FigureInterval band;  // 95%, for all sparsities at once
};

struct JudgedStep {
  double sparsity = 0.0;
  std::vector<Requirement> requirements;  // macro AP, then every class by column
  bool holds = false;                     // macro AP and every class of which enough is known are kept; one is
};

struct JudgedMethod {
  std::string method;
  std::vector<JudgedStep> steps;      // one a sparsity above 0, rising
  std::optional<double> holds_up_to;  // the highest sparsity up to which every step holds
};

struct NetworkChoice {
  std::string method;  // empty: another system, which `name` tells
  std::string name;
  std::optional<double> sparsity;
};

/// What must stand beside the pruned network.
struct DeploymentGuard {
  double rate = 0.0;                 // above 0: images that go to the dense network, by the guard of guard.json
  Figure deferred;                   // share of the test images that it sent there
  Figure milliseconds;               // mean time an image, where it was measured
  std::vector<std::size_t> columns;  // else: classes left to people or to the dense network, by column
};

struct DenseAndPruned {
  double dense = 0.0;
  double pruned = 0.0;
};

/// Measured, or nothing.
struct DeploymentGains {
  std::optional<DenseAndPruned> file_bytes;  // median over seeds
  std::optional<DenseAndPruned> milliseconds, images_per_second, peak_bytes;
};

/// What pruning is shown to take beyond the policy's tolerances, or may take within them.
struct DeploymentRisks {
  std::vector<std::size_t> losing;          // columns of classes whose band lies below 0, the worst first
  std::vector<CompanionEffect> companions;  // shown (Holm-adjusted p below 0.05), at companion_sparsity
  double companion_sparsity = 0.0;
  struct Group {
    std::string column, name;
  };
  std::vector<Group> strata;         // that are shown to lose more than the other images
  std::size_t exemplars = 0;         // images on which dense and pruned disagree most, at exemplar_sparsity
  std::size_t exemplars_losing = 0;  // of them, those on which a call is lost in most seeds
  double exemplar_sparsity = 0.0;
};

struct Decision {
  DeploymentVerdict verdict = DeploymentVerdict::kInsufficientEvidence;
  DecisionReason reason = DecisionReason::kNoIntervals;
  std::vector<std::size_t> reason_columns;  // classes that the reason is about
  std::vector<std::string> reason_names;    // the same, or what a certificate calls them
  bool reason_macro = false;                // macro AP too
  std::optional<NetworkChoice> recommended;
  std::optional<NetworkChoice>
      considered;                // what the figures are of: the recommended network, or that which was refused
  std::size_t chosen_among = 1;  // methods that were looked at to choose one
  DeploymentTolerances tolerances;
  std::vector<JudgedMethod> methods;
  std::vector<Requirement> requirements;  // of the considered network; empty where the audit does not have it
  std::vector<std::size_t> unknown;       // columns of which too little is known there
  std::vector<DeploymentGuard> guards;
  DeploymentGains gains;
  DeploymentRisks risks;
};

/// Whether a pruned network may take the dense one's place, by the policy: a pure function. In this order:
///
/// 1. A certificate counts more than the audit: granted, its network is recommended; refused, nothing is.
/// 2. The methods are walked from low to high sparsity, each until the first step at which something is not kept; the
///    furthest that comes to `least_sparsity` or beyond is recommended. Bands hold for all sparsities at once and every
///    requirement must pass by itself (an intersection-union test, Berger, Technometrics 24, 1982), so of one method
///    something untrue is said with a chance of about 5%; of several of which one is chosen, up to 5% each.
/// 3. Where none comes so far, the guard is looked at, from the highest rate of deferral down to the first that fails.
/// 4. Where, at the lowest sparsity worth it, every method is shown to lose too much: do not deploy. Else: insufficient
///    evidence.
///
/// Throws InputError naming the policy's key for a class, method or sparsity that was not audited.
Decision decide(const AuditResult& audit, const DeploymentPolicy& policy, const OutsideEvidence& outside);

}  // namespace niwaki
