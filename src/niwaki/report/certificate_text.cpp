#include "niwaki/report/certificate_text.hpp"

#include <algorithm>
#include <cmath>

#include "niwaki/core/text.hpp"
#include "niwaki/report/certificate_report.hpp"

namespace niwaki {
namespace {

std::vector<std::string> too_few(const CertificateResult& result) {
  const CertificateText& text = english_certificate_text();
  std::vector<std::string> reasons;
  for (const ClaimFigures& claim : result.outset) {
    if (claim.status == ClaimStatus::kUncertifiable) {
      const char* const kind = claim.kind == ClaimKind::kMissed        ? text.missed_claim
                               : claim.kind == ClaimKind::kFalseAlarms ? text.false_alarms_claim
                                                                       : text.pair_claim;
      const std::string name = fmt::format(fmt::runtime(kind), fmt::arg("names", claim_names(claim.classes, result)));
      reasons.push_back(claim.needed ? fmt::format(fmt::runtime(text.reason_few), fmt::arg("claim", name),
                                                   fmt::arg("eligible", claim.counts.eligible),
                                                   fmt::arg("needed", *claim.needed),
                                                   fmt::arg("tolerance", percent_text(claim.tolerance)))
                                     : fmt::format(fmt::runtime(text.reason_hopeless), fmt::arg("claim", name),
                                                   fmt::arg("tolerance", percent_text(claim.tolerance))));
    }
  }
  return reasons;
}

std::string names_where(const std::vector<SingleClaim>& claims, const CertificateResult& result, ClaimStatus status) {
  std::vector<std::string> names;
  for (const SingleClaim& claim : claims) {
    if (claim.status == status) {
      names.push_back(claim_names(claim.classes, result));
    }
  }
  return joined(names, ", ");
}

/// Classes and pairs of which something cannot be certified, by whether all of it cannot.
std::string uncovered_names(const CertificateResult& result, ClaimKind kind) {
  std::vector<std::string> names;
  for (const ClaimFigures& claim : result.outset) {
    const bool same = (claim.kind == ClaimKind::kFalseAlarms) == (kind == ClaimKind::kFalseAlarms);
    if (same && claim.status == ClaimStatus::kUncertifiable) {
      names.push_back(claim_names(claim.classes, result));
    }
  }
  return joined(names, ", ");
}

std::string fill(const char* format, const char* name, const std::string& value) {
  return fmt::format(fmt::runtime(format), fmt::arg(name, value));
}

/// "5%", or "2% to 10%", of what is shown at this step.
std::string tolerances_of(const CertificateStep& step) {
  double low = 1.0;
  double high = 0.0;
  for (const ClaimFigures& claim : step.figures) {
    if (claim.status == ClaimStatus::kHolds) {
      low = std::min(low, claim.tolerance);
      high = std::max(high, claim.tolerance);
    }
  }
  return low == high ? percent_text(low) : fmt::format("{} to {}", percent_text(low), percent_text(high));
}

void state_refusal(const CertificateResult& result, std::vector<std::string>& sentences) {
  const CertificateText& text = english_certificate_text();
  if (result.blocked) {
    const std::vector<std::string> reasons = too_few(result);
    sentences.push_back(result.policy.uncertifiable == Uncertifiable::kBlock
                            ? fill(text.refused_blocked, "reasons", joined(reasons, "; "))
                            : fill(text.refused_nothing, "reasons", joined(reasons, "; ")));
    return;
  }
  const CertificateStep& step = result.steps.front();
  sentences.push_back(fmt::format(fmt::runtime(text.refused_first),
                                  fmt::arg("candidate", result.candidates[step.candidate].name),
                                  fmt::arg("reasons", joined(failures(step, result), "; "))));
}

void state_grant(const CertificateResult& result, std::vector<std::string>& sentences) {
  const CertificateText& text = english_certificate_text();
  const CertificateStep& chosen = result.steps[*result.chosen];
  const std::string& candidate = result.candidates[chosen.candidate].name;
  if (result.policy.claim == CertificateClaim::kAllClasses) {
    const auto tested = std::ranges::count(chosen.figures, ClaimStatus::kHolds, &ClaimFigures::status);
    sentences.push_back(fmt::format(fmt::runtime(text.granted_all), fmt::arg("candidate", candidate),
                                    fmt::arg("count", tested), fmt::arg("tolerances", tolerances_of(chosen))));
  } else {
    sentences.push_back(fmt::format(fmt::runtime(text.granted_single), fmt::arg("candidate", candidate),
                                    fmt::arg("names", names_where(chosen.singles, result, ClaimStatus::kHolds))));
    const CertificateStep& last = result.steps.back();
    const std::string further = names_where(last.singles, result, ClaimStatus::kHolds);
    if (&last != &chosen && !further.empty()) {
      sentences.push_back(fmt::format(fmt::runtime(text.further_single),
                                      fmt::arg("candidate", result.candidates[last.candidate].name),
                                      fmt::arg("names", further)));
    }
  }
  sentences.push_back(fill(text.chance, "percent", percent_text(1.0 - result.policy.confidence)));
}

void state_gaps(const CertificateResult& result, std::vector<std::string>& sentences) {
  const CertificateText& text = english_certificate_text();
  const std::string misses = uncovered_names(result, ClaimKind::kMissed);
  const std::string alarms = uncovered_names(result, ClaimKind::kFalseAlarms);
  if (!misses.empty()) {
    sentences.push_back(fill(text.uncovered_misses, "names", misses));
  }
  if (!alarms.empty()) {
    sentences.push_back(fill(text.uncovered, "names", alarms));
  }
  std::vector<std::string> excluded;
  for (const CertificateRequirements::OfClass& of_class : result.requirements.classes) {
    if (of_class.excluded) {
      excluded.push_back(of_class.name);
    }
  }
  if (!excluded.empty()) {
    sentences.push_back(fill(text.excluded, "names", joined(excluded, ", ")));
  }
}

}  // namespace

const CertificateText& english_certificate_text() {
  static const CertificateText text = {
      .language = "en",
      .granted = "Granted",
      .refused = "Refused",
      .granted_all =
          "At {candidate}, each of the {count} shares that the policy asks for and that these patients could "
          "decide is shown to be below its tolerance ({tolerances}).",
      .granted_single =
          "At {candidate} the shares are shown to be below their tolerances for these, and for no others: "
          "{names}.",
      .further_single = "At {candidate}, the next one tried, still for: {names}.",
      .chance =
          "If what stands under \"What this rests on\" is so: were patients like these drawn again and again and "
          "certified in this way, at most {percent} of all runs would grant anything that is not true.",
      .refused_blocked =
          "Too few patients for what the policy asks, and it says that this blocks. The pruned network's "
          "results on the certify patients were not looked at. {reasons}.",
      .refused_nothing =
          "Too few patients to certify that anything is kept. The pruned network's results on the "
          "certify patients were not looked at. {reasons}.",
      .refused_first =
          "Already at {candidate}, the first one tried, not everything is shown: {reasons}. \"Not "
          "shown\" says no more than that: the true share may be on either side of its tolerance, and the "
          "figures say how far.",
      .uncovered = "Nothing is claimed of new false alarms, for want of patients, of: {names}.",
      .uncovered_misses =
          "Nothing is claimed of missed findings, for want of patients, of: {names}. What becomes of "
          "them is not known.",
      .excluded = "Left out by the policy, and not looked at: {names}.",
      .reason_failed =
          "{claim}: {events} of {eligible} patients, so the share may be as high as {upper}, and "
          "{tolerance} is tolerated",
      .reason_single = "{claim}: adjusted p = {p}",
      .reason_few =
          "{claim}: not certifiable with {eligible} patients; {needed} would do for {tolerance}, were "
          "not one of them lost or falsely called",
      .reason_hopeless = "{claim}: no number of patients that could be gathered shows {tolerance}",
      .missed_claim = "{names}, missed",
      .false_alarms_claim = "{names}, new false alarms",
      .pair_claim = "{names} together, missed",
      .class_claim = "{names}",
      .what_is_claimed = "What was asked",
      .missed_means_finding =
          "<b>Missed findings.</b> A patient with a finding counts as detected where the network calls the finding on "
          "at "
          "least one of the patient's images that show it. Of the patients whom the dense network detects, the share "
          "whom the pruned network no longer detects must be below the tolerance.",
      .missed_means_every_image =
          "<b>Missed findings.</b> A patient counts as missed as soon as the pruned network leaves the finding "
          "uncalled on "
          "any image that shows it and on which the dense network calls it. Of the patients for whom the dense network "
          "calls the finding on at least one such image, the share who are missed must be below the tolerance.",
      .alarm_means_finding =
          "<b>New false alarms.</b> Of the patients without the finding for whom the dense network calls it on no "
          "image, "
          "the share for whom the pruned network calls it on at least one must be below the tolerance.",
      .alarm_means_every_image =
          "<b>New false alarms.</b> Of the patients without the finding for whom the dense network leaves it uncalled "
          "on "
          "at least one image, the share for whom the pruned network calls it on such an image must be below the "
          "tolerance.",
      .pair_means = "<b>Pairs.</b> Counted on images that show both findings; the pair is called where both are.",
      .relative_to_dense =
          "All of this compares two networks. Patients whom the dense network does not detect are not "
          "covered: the tables say how many there were. Whether the dense network itself is good enough "
          "is another question.",
      .figures_of = "Figures on the certify patients: {candidate}",
      .figures_none = "Who could be certified",
      .figures_note =
          "Each bound is the exact one-sided bound of Clopper and Pearson, and holds with confidence "
          "{confidence} by itself; several bounds together hold with less. It is rounded up. \"Allowed\" is "
          "how many patients could have been lost with the claim still shown.",
      .figures_single =
          "For single classes the verdicts are those of the adjusted p-values below: a bound that lies "
          "below its tolerance is not enough where many claims are looked at.",
      .finding = "Finding",
      .finding_patients = "Patients with it",
      .detected = "Detected by the dense network",
      .missed = "of these missed",
      .bound = "Bound",
      .below = "Must be below",
      .at_most = "Allowed",
      .healthy = "Patients without it",
      .silent = "Not called by the dense network",
      .alarmed = "of these called",
      .needed = "Needed at least",
      .verdict = "Verdict",
      .holm = "Adjusted p",
      .holds = "shown",
      .not_shown = "not shown",
      .not_certifiable = "not certifiable",
      .missed_title = "Missed findings",
      .alarms_title = "New false alarms",
      .pairs_title = "Pairs of findings",
      .single_title = "Single classes",
      .walk = "The order in which networks were tried",
      .walk_note_all =
          "The first failure ended it. Provided that the order was fixed beforehand, the choice among them "
          "needs no correction (fixed-sequence testing).",
      .walk_note_single =
          "At each, single classes are tested by Holm's procedure; the first at which not all were shown "
          "ended it. Provided that the order was fixed beforehand, nothing else needs correcting.",
      .walk_holds = "everything that can be certified is shown",
      .walk_fails = "{reasons}",
      .walk_unreached = "not tried: nothing is known of it here",
      .test = "The same network on the test patients",
      .test_note =
          "Other patients, looked at once after the verdict. Nothing hangs on these figures, and each bound "
          "holds only by itself; a large difference from those above would be a reason to ask questions.",
      .test_untouched = "Not looked at: nothing was granted, and these patients stay fresh for a later try.",
      .ap = "Average precision on the certify patients",
      .ap_note =
          "Change relative to the dense network's average precision, with a 95% band over the networks tried, for "
          "one class at a time, from {resamples} resamples of the patients. <b>Asymptotic:</b> such bands hold "
          "only nearly, the less the fewer patients there are; none is given for fewer than 20. They are no part "
          "of any claim.",
      .ap_dense = "Dense",
      .ap_none = "-",
      .rests_on = "What this rests on, and no program can check",
      .conditions = {"The certify patients are a random sample, independent of one another, of the patients for whom "
                     "the network will be used. Of other hospitals, machines or years this page says nothing.",
                     "The policy, the order and the networks were fixed before anybody looked at the certify or test "
                     "patients, and these patients served no earlier attempt. A second attempt on the same patients is "
                     "not covered by the confidence above.",
                     "No certify or test patient was used to train, prune, repair or choose the networks.",
                     "The labels are right. A wrong label counts as a finding or as none.",
                     "Who was a patient was recorded rightly: two numbers for one person count that person twice."},
      .limits_label =
          "Why by patient: images of one patient are alike, so each patient counts once. Over images the "
          "calls changed as follows; this is described and not tested.",
      .operating_points = "Operating points",
      .operating_note =
          "Chosen on the build patients from the dense network's scores by the rule \"{rule}\" over images, "
          "and locked. A score of at least the threshold is a call.",
      .operating_own = "The pruned network has thresholds of its own, chosen in the same way from its scores.",
      .threshold_dense = "Threshold",
      .threshold_pruned = "Threshold, pruned",
      .tolerance_of = "Tolerances from",
      .patients = "Patients",
      .part = "Part",
      .images = "Images",
      .positive_patients = "Patients with it: build, certify, test",
      .data = "Data and networks",
      .file = "File",
      .policy = "The policy, word for word",
      .verify =
          "To verify: niwaki certify --verify certificate.json. It hashes every file anew, computes every figure "
          "anew, and refuses where anything differs. The certificate bears no signature: keep it where it cannot "
          "be exchanged.",
      .system = "Certified system",
  };
  return text;
}

std::string claim_names(const std::vector<std::size_t>& columns, const CertificateResult& result) {
  std::vector<std::string> names;
  for (const std::size_t column : columns) {
    names.push_back(result.requirements.classes[column].name);
  }
  return joined(names, " with ");
}

std::string percent_text(double share) {
  return fmt::format("{:.6g}%", 100.0 * share);
}

std::string bound_text(double share) {
  constexpr double kSteps = 1e4;
  return fmt::format("{:.2f}%", std::ceil(share * kSteps - 1e-9) / kSteps * 100.0);
}

std::vector<std::string> failures(const CertificateStep& step, const CertificateResult& result) {
  const CertificateText& text = english_certificate_text();
  std::vector<std::string> reasons;
  for (const SingleClaim& claim : step.singles) {
    if (claim.status == ClaimStatus::kFails) {
      reasons.push_back(fmt::format(fmt::runtime(text.reason_single),
                                    fmt::arg("claim", claim_names(claim.classes, result)),
                                    fmt::arg("p", fmt::format("{:.2g}", claim.holm.value()))));
    }
  }
  if (!step.singles.empty()) {
    return reasons;
  }
  for (const ClaimFigures& claim : step.figures) {
    if (claim.status == ClaimStatus::kFails) {
      const char* const kind = claim.kind == ClaimKind::kMissed        ? text.missed_claim
                               : claim.kind == ClaimKind::kFalseAlarms ? text.false_alarms_claim
                                                                       : text.pair_claim;
      reasons.push_back(fmt::format(
          fmt::runtime(text.reason_failed),
          fmt::arg("claim", fmt::format(fmt::runtime(kind), fmt::arg("names", claim_names(claim.classes, result)))),
          fmt::arg("events", claim.counts.events), fmt::arg("eligible", claim.counts.eligible),
          fmt::arg("upper", bound_text(claim.upper)), fmt::arg("tolerance", percent_text(claim.tolerance))));
    }
  }
  return reasons;
}

std::vector<std::string> certificate_statement(const CertificateResult& result) {
  std::vector<std::string> sentences;
  if (result.granted) {
    state_grant(result, sentences);
    state_gaps(result, sentences);
  } else {
    state_refusal(result, sentences);
  }
  return sentences;
}

}  // namespace niwaki
