#include "niwaki/audit/decision/decision.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::vector<double> kSparsities = {0.0, 0.3, 0.5, 0.8, 0.9};

/// A band around each value that is so wide to either side.
void set_band(const std::vector<double>& changes, double half, std::vector<Figure>& values,
              std::vector<FigureInterval>& band) {
  values.assign(changes.begin(), changes.end());
  band.clear();
  for (const double change : changes) {
    band.emplace_back(Interval{change - half, change + half});
  }
}

ClassCurve curve(const std::string& name, const std::vector<double>& changes, double half,
                 ClassVerdict verdict = ClassVerdict::kUndecided) {
  ClassCurve made;
  made.name = name;
  made.evidence.verdict = verdict;
  set_band(changes, half, made.delta_ap, made.evidence.delta_ap_band);
  return made;
}

/// One method, three classes; losses grow with sparsity. Tolerances: macro 5%, classes 20%.
MethodResult method(const std::string& name, const std::vector<double>& macro = {0.0, -0.01, -0.02, -0.3}) {
  MethodResult made;
  made.method = name;
  made.sparsities = kSparsities;
  set_band(macro, 0.01, made.global.delta_ap, made.global.delta_ap_band);
  made.classes = {curve("Edema", {0.0, -0.01, -0.05, -0.4}, 0.02), curve("Effusion", {0.0, 0.0, -0.02, -0.3}, 0.02),
                  curve("Hernia", {0.0, -0.02, -0.1, -0.6}, 0.05)};
  return made;
}

AuditResult audit_of(std::vector<MethodResult> methods) {
  AuditResult audit;
  audit.images = 1000;
  audit.patients = 500;
  audit.seeds = {1, 2, 3};
  audit.options.resamples = 2000;
  audit.classes = {{"Edema", 300, {}, 0, 200}, {"Effusion", 250, {}, 0, 150}, {"Hernia", 60, {}, 0, 40}};
  audit.methods = std::move(methods);
  return audit;
}

void make_unknown(AuditResult& audit, std::size_t column, ClassVerdict verdict = ClassVerdict::kInsufficientEvidence) {
  for (MethodResult& of : audit.methods) {
    of.classes[column].evidence.verdict = verdict;
  }
}

TEST(Decision, deploys_as_far_as_everything_is_shown_to_hold) {
  const Decision decision = decide(audit_of({method("l1")}), {}, {});
  EXPECT_EQ(decision.verdict, DeploymentVerdict::kDeploy);
  EXPECT_EQ(decision.reason, DecisionReason::kHolds);
  ASSERT_TRUE(decision.recommended);
  EXPECT_EQ(decision.recommended->method, "l1");
  EXPECT_EQ(decision.recommended->sparsity, 0.8);
  EXPECT_EQ(decision.methods[0].holds_up_to, 0.8);
  EXPECT_EQ(decision.chosen_among, 1U);
  ASSERT_EQ(decision.requirements.size(), 4U);
  EXPECT_FALSE(decision.requirements[0].column);
  EXPECT_EQ(decision.requirements[0].tolerance, 0.05);
  EXPECT_EQ(decision.requirements[3].tolerance, 0.2);
  EXPECT_EQ(decision.requirements[3].change, -0.1);
  EXPECT_THAT(decision.guards, IsEmpty());
}

TEST(Decision, one_gap_in_the_walk_ends_it) {
  // Not shown at 0.5, though all is well again at 0.8.
  MethodResult gap = method("l1");
  gap.classes[1].evidence.delta_ap_band[1] = Interval{-0.25, 0.1};
  const Decision decision = decide(audit_of({gap}), {}, {});
  EXPECT_EQ(decision.verdict, DeploymentVerdict::kInsufficientEvidence);
  EXPECT_EQ(decision.reason, DecisionReason::kNotShown);
  EXPECT_THAT(decision.reason_names, ElementsAre("Effusion"));
  EXPECT_EQ(decision.considered->sparsity, 0.5);
  EXPECT_FALSE(decision.recommended);
}

TEST(Decision, what_ended_the_walk_before_the_least_sparsity_is_named) {
  MethodResult gap = method("l1");
  gap.classes[0].evidence.delta_ap_band[0] = Interval{-0.21, 0.1};
  const Decision decision = decide(audit_of({gap}), {}, {});
  EXPECT_EQ(decision.reason, DecisionReason::kNotShown);
  EXPECT_THAT(decision.reason_names, ElementsAre("Edema"));
  EXPECT_FALSE(decision.reason_macro);
}

TEST(Decision, the_bad_end_of_the_band_counts_and_not_the_estimate) {
  MethodResult wide = method("l1");
  set_band({0.0, -0.01, -0.02, -0.3}, 0.045, wide.global.delta_ap, wide.global.delta_ap_band);
  const Decision decision = decide(audit_of({wide}), {}, {});
  EXPECT_EQ(decision.reason, DecisionReason::kNotShown);
  EXPECT_TRUE(decision.reason_macro);
  EXPECT_THAT(decision.reason_names, IsEmpty());
}

TEST(Decision, the_method_that_goes_furthest_is_chosen_and_the_choice_is_told) {
  MethodResult further = method("tail", {0.0, -0.01, -0.01, -0.02});
  for (ClassCurve& of : further.classes) {
    of.evidence.delta_ap_band[3] = Interval{-0.1, 0.05};
  }
  const Decision decision = decide(audit_of({method("l1"), further, method("random")}), {}, {});
  EXPECT_EQ(decision.recommended->method, "tail");
  EXPECT_EQ(decision.recommended->sparsity, 0.9);
  EXPECT_EQ(decision.chosen_among, 3U);
}

TEST(Decision, a_method_and_a_sparsity_may_be_decided_beforehand) {
  DeploymentPolicy policy;
  policy.method = "l1";
  policy.sparsity = 0.5;
  AuditResult audit = audit_of({method("tail"), method("l1")});
  Decision decision = decide(audit, policy, {});
  EXPECT_EQ(decision.recommended->method, "l1");
  EXPECT_EQ(decision.recommended->sparsity, 0.5);
  EXPECT_EQ(decision.chosen_among, 1U);
  policy.sparsity = 0.9;
  decision = decide(audit, policy, {});
  EXPECT_EQ(decision.verdict, DeploymentVerdict::kDoNotDeploy);
  EXPECT_EQ(decision.considered->sparsity, 0.9);
  // A network below the least sparsity is judged where somebody asks for it by name.
  policy.sparsity = 0.3;
  EXPECT_EQ(decide(audit, policy, {}).verdict, DeploymentVerdict::kDeploy);
}

TEST(Decision, a_loss_that_every_method_is_shown_to_have_means_no) {
  MethodResult bad = method("l1", {-0.2, -0.3, -0.4, -0.5});
  const Decision decision = decide(audit_of({bad}), {}, {});
  EXPECT_EQ(decision.verdict, DeploymentVerdict::kDoNotDeploy);
  EXPECT_EQ(decision.reason, DecisionReason::kShownLoss);
  EXPECT_TRUE(decision.reason_macro);
  EXPECT_THAT(decision.reason_names, IsEmpty());
  EXPECT_EQ(decision.considered->sparsity, 0.5);
}

TEST(Decision, a_class_alone_can_say_no) {
  DeploymentPolicy policy;
  policy.least_sparsity = 0.8;
  policy.class_losses = {"Hernia=0.04"};
  const Decision decision = decide(audit_of({method("l1")}), policy, {});
  EXPECT_EQ(decision.verdict, DeploymentVerdict::kDoNotDeploy);
  EXPECT_THAT(decision.reason_names, ElementsAre("Hernia"));
  EXPECT_FALSE(decision.reason_macro);
}

TEST(Decision, one_method_that_may_do_keeps_the_question_open) {
  MethodResult bad = method("random", {-0.2, -0.3, -0.4, -0.5});
  MethodResult open = method("l1");
  open.global.delta_ap_band[1] = Interval{-0.2, 0.1};
  const Decision decision = decide(audit_of({bad, open}), {}, {});
  EXPECT_EQ(decision.verdict, DeploymentVerdict::kInsufficientEvidence);
  EXPECT_EQ(decision.considered->method, "l1");
}

TEST(Decision, a_class_with_too_few_patients_blocks) {
  AuditResult audit = audit_of({method("l1")});
  make_unknown(audit, 2);
  const Decision decision = decide(audit, {}, {});
  EXPECT_EQ(decision.verdict, DeploymentVerdict::kInsufficientEvidence);
  EXPECT_EQ(decision.reason, DecisionReason::kUnknownClasses);
  EXPECT_THAT(decision.reason_names, ElementsAre("Hernia"));
  EXPECT_THAT(decision.unknown, ElementsAre(2U));
  EXPECT_FALSE(decision.recommended);
  EXPECT_EQ(decision.considered->sparsity, 0.8);
}

TEST(Decision, or_is_reported_and_becomes_a_guard_where_the_policy_says_so) {
  for (const ClassVerdict verdict :
       {ClassVerdict::kInsufficientEvidence, ClassVerdict::kHardlyLearned, ClassVerdict::kNone}) {
    AuditResult audit = audit_of({method("l1")});
    make_unknown(audit, 2, verdict);
    DeploymentPolicy policy;
    policy.unknown_classes = "report";
    const Decision decision = decide(audit, policy, {});
    EXPECT_EQ(decision.verdict, DeploymentVerdict::kDeployGuarded);
    EXPECT_EQ(decision.reason, DecisionReason::kHoldsForTheKnown);
    EXPECT_EQ(decision.recommended->sparsity, 0.8);
    ASSERT_EQ(decision.guards.size(), 1U);
    EXPECT_THAT(decision.guards[0].columns, ElementsAre(2U));
    EXPECT_EQ(decision.guards[0].rate, 0.0);
  }
}

TEST(Decision, an_unknown_class_is_none_where_nothing_is_asked_of_it) {
  AuditResult audit = audit_of({method("l1")});
  make_unknown(audit, 2);
  DeploymentPolicy policy;
  policy.exclude = {"hernia"};
  const Decision decision = decide(audit, policy, {});
  EXPECT_EQ(decision.verdict, DeploymentVerdict::kDeploy);
  EXPECT_EQ(decision.requirements[3].status, RequirementStatus::kNotAsked);
}

TEST(Decision, where_no_class_has_enough_patients_nothing_is_said) {
  AuditResult audit = audit_of({method("l1")});
  for (std::size_t column = 0; column < 3; ++column) {
    make_unknown(audit, column);
  }
  for (const char* choice : {"block", "report"}) {
    DeploymentPolicy policy;
    policy.unknown_classes = choice;
    const Decision decision = decide(audit, policy, {});
    EXPECT_EQ(decision.verdict, DeploymentVerdict::kInsufficientEvidence) << choice;
    EXPECT_EQ(decision.reason, DecisionReason::kNothingJudged);
    EXPECT_EQ(decision.unknown.size(), 3U);
  }
}

TEST(Decision, without_intervals_there_is_no_evidence) {
  AuditResult audit = audit_of({method("l1")});
  audit.options.resamples = 0;
  for (MethodResult& of : audit.methods) {
    of.global.delta_ap_band.clear();
    for (ClassCurve& curve_of : of.classes) {
      curve_of.evidence.verdict = ClassVerdict::kNone;
      curve_of.evidence.delta_ap_band.clear();
    }
  }
  const Decision decision = decide(audit, {}, {});
  EXPECT_EQ(decision.verdict, DeploymentVerdict::kInsufficientEvidence);
  EXPECT_EQ(decision.reason, DecisionReason::kNoIntervals);
}

TEST(Decision, without_a_sparsity_worth_it_there_is_nothing_to_deploy) {
  DeploymentPolicy policy;
  policy.least_sparsity = 0.95;
  const Decision decision = decide(audit_of({method("l1")}), policy, {});
  EXPECT_EQ(decision.reason, DecisionReason::kNoSparsity);
  EXPECT_FALSE(decision.considered);
  EXPECT_EQ(decide(audit_of({}), {}, {}).reason, DecisionReason::kNoSparsity);
}

// --- certificates ---

CertificateEvidence granted(double sparsity) {
  CertificateEvidence certificate;
  certificate.granted = true;
  certificate.method = "l1";
  certificate.name = "sparsity";
  certificate.sparsity = sparsity;
  certificate.claimed = {"Edema", "Effusion", "Hernia"};
  return certificate;
}

TEST(Decision, a_certificate_counts_more_than_the_audit) {
  // The audit alone would go to 0.8, and says of 0.9 that it loses.
  OutsideEvidence outside;
  outside.certificate = granted(0.9);
  const Decision decision = decide(audit_of({method("l1")}), {}, outside);
  EXPECT_EQ(decision.verdict, DeploymentVerdict::kDeploy);
  EXPECT_EQ(decision.reason, DecisionReason::kCertified);
  EXPECT_EQ(decision.recommended->sparsity, 0.9);
  EXPECT_EQ(decision.requirements[1].status, RequirementStatus::kLost);
}

TEST(Decision, what_a_certificate_leaves_out_is_a_guard) {
  OutsideEvidence outside;
  outside.certificate = granted(0.8);
  outside.certificate->claimed = {"Edema", "Effusion"};
  outside.certificate->unclaimed = {"Hernia"};
  const Decision decision = decide(audit_of({method("l1")}), {}, outside);
  EXPECT_EQ(decision.verdict, DeploymentVerdict::kDeployGuarded);
  EXPECT_THAT(decision.guards.at(0).columns, ElementsAre(2U));
}

TEST(Decision, a_refused_certificate_is_not_outvoted) {
  OutsideEvidence outside;
  outside.certificate = granted(0.5);
  outside.certificate->granted = false;
  outside.certificate->unclaimed = {"Edema"};
  Decision decision = decide(audit_of({method("l1")}), {}, outside);
  EXPECT_EQ(decision.verdict, DeploymentVerdict::kInsufficientEvidence);
  EXPECT_EQ(decision.reason, DecisionReason::kCertificateRefused);
  EXPECT_FALSE(decision.recommended);
  outside.certificate->exceeded = {"Hernia"};
  decision = decide(audit_of({method("l1")}), {}, outside);
  EXPECT_EQ(decision.verdict, DeploymentVerdict::kDoNotDeploy);
  EXPECT_EQ(decision.reason, DecisionReason::kCertificateExceeded);
  EXPECT_THAT(decision.reason_names, ElementsAre("Hernia"));
}

TEST(Decision, a_certificate_of_too_little_or_of_another_method_recommends_nothing) {
  OutsideEvidence outside;
  outside.certificate = granted(0.3);
  EXPECT_EQ(decide(audit_of({method("l1")}), {}, outside).reason, DecisionReason::kCertifiedTooLittle);
  DeploymentPolicy policy;
  policy.method = "tail";
  EXPECT_EQ(decide(audit_of({method("l1"), method("tail")}), policy, outside).reason, DecisionReason::kHolds);
}

TEST(Decision, a_certificate_may_be_of_a_system_that_was_not_audited) {
  OutsideEvidence outside;
  outside.certificate = granted(0.0);
  outside.certificate->method.clear();
  outside.certificate->name = "quantised.npy";
  outside.certificate->sparsity.reset();
  const Decision decision = decide(audit_of({method("l1")}), {}, outside);
  EXPECT_EQ(decision.verdict, DeploymentVerdict::kDeploy);
  EXPECT_EQ(decision.recommended->name, "quantised.npy");
  EXPECT_THAT(decision.requirements, IsEmpty());
}

// --- guards ---

GuardedFigure guarded(const std::vector<double>& gaps, double half = 0.01) {
  GuardedFigure figure;
  figure.dense = 0.5;
  figure.pruned = 0.3;
  for (const double gap : gaps) {
    figure.guarded.emplace_back(0.5 + gap);
    figure.gap.emplace_back(Interval{gap - half, gap + half});
  }
  return figure;
}

/// Of a network that loses too much by itself; macro AP holds (2.5 points of 50 are 5%) from 0.1 on.
GuardEvidence guard() {
  GuardEvidence made;
  made.method = "l1";
  made.sparsity = 0.9;
  made.signal = "combination";
  made.rates = {0.05, 0.1, 0.2};
  made.deferred = {0.04, 0.11, 0.19};
  made.milliseconds = {std::nullopt, 2.5, std::nullopt};
  made.macro_ap = guarded({-0.05, -0.01, -0.005});
  made.ap = {guarded({-0.05, -0.03, 0.0}), guarded({0.0, 0.0, 0.0}), guarded({-0.2, -0.06, -0.01})};
  made.sensitivity.resize(3);
  return made;
}

/// Not shown at any sparsity: a guard is looked at where pruning alone does not do.
AuditResult doubtful() {
  MethodResult of = method("l1");
  for (FigureInterval& interval : of.global.delta_ap_band) {
    interval = Interval{-0.3, 0.1};
  }
  return audit_of({of});
}

TEST(Decision, the_lowest_rate_from_which_on_all_holds_is_the_guard) {
  OutsideEvidence outside;
  outside.guard = guard();
  const Decision decision = decide(doubtful(), {}, outside);
  EXPECT_EQ(decision.verdict, DeploymentVerdict::kDeployGuarded);
  EXPECT_EQ(decision.reason, DecisionReason::kGuardRestores);
  EXPECT_EQ(decision.recommended->sparsity, 0.9);
  ASSERT_EQ(decision.guards.size(), 1U);
  EXPECT_EQ(decision.guards[0].rate, 0.1);
  EXPECT_EQ(decision.guards[0].deferred, 0.11);
  EXPECT_EQ(decision.guards[0].milliseconds, 2.5);
  // A gap of -0.03 in 0.5 is a relative loss of 6%.
  EXPECT_NEAR(*decision.requirements[1].change, -0.06, 1e-12);
  EXPECT_NEAR(decision.requirements[1].band->low, -0.08, 1e-12);
}

TEST(Decision, a_guard_that_fails_at_the_highest_rate_is_none) {
  OutsideEvidence outside;
  outside.guard = guard();
  outside.guard->macro_ap = guarded({0.0, 0.0, -0.1});
  EXPECT_EQ(decide(doubtful(), {}, outside).reason, DecisionReason::kNotShown);
}

TEST(Decision, a_guard_without_intervals_shows_nothing) {
  OutsideEvidence outside;
  outside.guard = guard();
  for (FigureInterval& gap : outside.guard->ap[0].gap) {
    gap.reset();
  }
  // Edema's band is missing, so it is unknown, and that blocks.
  const Decision decision = decide(doubtful(), {}, outside);
  EXPECT_EQ(decision.verdict, DeploymentVerdict::kInsufficientEvidence);
  EXPECT_EQ(decision.reason, DecisionReason::kUnknownClasses);
  EXPECT_THAT(decision.guards, IsEmpty());
}

TEST(Decision, too_few_patients_are_too_few_with_a_guard_as_well) {
  OutsideEvidence outside;
  outside.guard = guard();
  AuditResult audit = doubtful();
  make_unknown(audit, 2);
  EXPECT_EQ(decide(audit, {}, outside).reason, DecisionReason::kUnknownClasses);
  DeploymentPolicy policy;
  policy.unknown_classes = "report";
  const Decision decision = decide(audit, policy, outside);
  EXPECT_EQ(decision.verdict, DeploymentVerdict::kDeployGuarded);
  EXPECT_EQ(decision.guards.size(), 2U);
}

TEST(Decision, no_guard_is_asked_where_pruning_alone_holds) {
  OutsideEvidence outside;
  outside.guard = guard();
  const Decision decision = decide(audit_of({method("l1")}), {}, outside);
  EXPECT_EQ(decision.verdict, DeploymentVerdict::kDeploy);
  EXPECT_THAT(decision.guards, IsEmpty());
}

// --- gains and risks ---

TEST(Decision, gains_are_measured_or_absent) {
  AuditResult audit = audit_of({method("l1")});
  EXPECT_FALSE(decide(audit, {}, {}).gains.file_bytes);
  OutsideEvidence outside;
  outside.files = {{"l1", 0, 0.0, "", 100}, {"l1", 1, 0.0, "", 140}, {"l1", 0, 0.8, "", 30},
                   {"l1", 1, 0.8, "", 50},  {"l1", 2, 0.8, "", 31},  {"random", 0, 0.8, "", 7}};
  outside.times =
      NetworkTimes{"A processor", "auto", 2, 1, {{"", 0.0, 9, 10, 11, 100, 4000}, {"l1", 0.8, 3, 4, 5, 250, 3000}}};
  const DeploymentGains gains = decide(audit, {}, outside).gains;
  EXPECT_EQ(gains.file_bytes->dense, 120);
  EXPECT_EQ(gains.file_bytes->pruned, 31);
  EXPECT_EQ(gains.milliseconds->dense, 10);
  EXPECT_EQ(gains.milliseconds->pruned, 4);
  EXPECT_EQ(gains.images_per_second->pruned, 250);
  EXPECT_EQ(gains.peak_bytes->dense, 4000);
  outside.times->networks.pop_back();
  EXPECT_FALSE(decide(audit, {}, outside).gains.milliseconds);
}

TEST(Decision, risks_are_what_is_shown) {
  MethodResult of = method("l1");
  CompanionEffect effect;
  effect.finding = 0;
  effect.companions = {1};
  effect.recall.excess = 0.1;
  effect.recall.holm = 0.01;
  of.companions.pairs = {effect, effect, effect};
  of.companions.pairs[1].recall.holm = 0.2;
  of.companions.pairs[2].recall.excess = -0.1;
  of.companions.sparsity = 0.9;
  Stratum north;
  north.name = "north";
  north.ap.verdict = StratumVerdict::kLosesMore;
  Stratum south;
  south.name = "south";
  of.strata.columns = {{"site", 0, {north, south}}};
  of.exemplars.sparsity = 0.9;
  of.exemplars.exemplars.resize(3);
  for (std::size_t row = 0; row < 3; ++row) {
    of.exemplars.exemplars[row].row = row;
  }
  of.exemplars.images.flips = {{{0, true, 3}}, {{0, false, 3}}, {}};
  const DeploymentRisks risks = decide(audit_of({of}), {}, {}).risks;
  // At 0.8: Hernia (-0.15 to -0.05) and Edema (-0.07 to -0.03); Effusion's band holds 0.
  EXPECT_THAT(risks.losing, ElementsAre(2U, 0U));
  EXPECT_EQ(risks.companions.size(), 1U);
  ASSERT_EQ(risks.strata.size(), 1U);
  EXPECT_EQ(risks.strata[0].name, "north");
  EXPECT_EQ(risks.exemplars, 3U);
  EXPECT_EQ(risks.exemplars_losing, 1U);
}

TEST(Decision, what_was_not_audited_is_refused) {
  const AuditResult audit = audit_of({method("l1")});
  const auto refused = [&](auto&& change) {
    DeploymentPolicy policy;
    change(policy);
    try {
      (void)decide(audit, policy, {});
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("not refused");
  };
  EXPECT_THAT(refused([](auto& policy) { policy.method = "l2"; }), HasSubstr("did you mean 'l1'?"));
  EXPECT_THAT(refused([](auto& policy) {
                policy.method = "l1";
                policy.sparsity = 0.7;
              }),
              HasSubstr("policy.sparsity"));
  EXPECT_THAT(refused([](auto& policy) { policy.exclude = {"Hernja"}; }), HasSubstr("did you mean 'Hernia'?"));
  EXPECT_THAT(refused([](auto& policy) {
                policy.exclude = {"Edema", "Effusion", "Hernia"};
              }),
              HasSubstr("every class is excluded"));
  EXPECT_THAT(refused([](auto& policy) {
                policy.exclude = {"Edema"};
                policy.class_losses = {"edema=0.1"};
              }),
              HasSubstr("named twice"));
}

}  // namespace
}  // namespace niwaki
