#pragma once

#include <string>
#include <vector>

#include "niwaki/audit/certificate/certificate.hpp"

namespace niwaki {

/// Every word of the certificate's page and statement, in one language; the page has no others. {} and {name} are
/// filled in by fmt.
struct CertificateText {
  const char* language;  // of <html lang="">
  // Verdict and statement.
  const char* granted;
  const char* refused;
  const char* granted_all;         // {candidate}, {count}, {tolerances}
  const char* granted_single;      // {candidate}, {names}
  const char* further_single;      // {candidate}, {names}
  const char* chance;              // {percent}: what the confidence means
  const char* refused_blocked;     // {reasons}
  const char* refused_nothing;     // nothing could be certified
  const char* refused_first;       // {candidate}, {reasons}
  const char* uncovered;           // {names}: no claim, too few patients
  const char* uncovered_misses;    // {names}
  const char* excluded;            // {names}
  const char* reason_failed;       // {claim}, {events}, {eligible}, {upper}, {tolerance}
  const char* reason_single;       // {claim}, {p}
  const char* reason_few;          // {claim}, {eligible}, {needed}, {tolerance}
  const char* reason_hopeless;     // {claim}, {tolerance}
  const char* missed_claim;        // {names}
  const char* false_alarms_claim;  // {names}
  const char* pair_claim;          // {names}
  const char* class_claim;         // {names}
  // Sections of the page.
  const char* what_is_claimed;
  const char* missed_means_finding;
  const char* missed_means_every_image;
  const char* alarm_means_finding;
  const char* alarm_means_every_image;
  const char* pair_means;
  const char* relative_to_dense;
  const char* figures_of;  // {candidate}
  const char* figures_none;
  const char* figures_note;  // {confidence}
  const char* figures_single;
  const char* finding;
  const char* finding_patients;
  const char* detected;
  const char* missed;
  const char* bound;
  const char* below;
  const char* at_most;
  const char* healthy;
  const char* silent;
  const char* alarmed;
  const char* needed;
  const char* verdict;
  const char* holm;
  const char* holds;
  const char* not_shown;
  const char* not_certifiable;
  const char* missed_title;
  const char* alarms_title;
  const char* pairs_title;
  const char* single_title;
  const char* walk;
  const char* walk_note_all;
  const char* walk_note_single;
  const char* walk_holds;
  const char* walk_fails;  // {reasons}
  const char* walk_unreached;
  const char* test;
  const char* test_note;
  const char* test_untouched;
  const char* ap;
  const char* ap_note;
  const char* ap_dense;
  const char* ap_none;
  const char* rests_on;
  std::vector<const char*> conditions;
  const char* limits_label;
  const char* operating_points;
  const char* operating_note;  // {rule}
  const char* operating_own;
  const char* threshold_dense;
  const char* threshold_pruned;
  const char* tolerance_of;
  const char* patients;
  const char* part;
  const char* images;
  const char* positive_patients;
  const char* data;
  const char* file;
  const char* policy;
  const char* verify;
  const char* system;
};

const CertificateText& english_certificate_text();

/// "Edema", or "Edema with Effusion" for a pair.
std::string claim_names(const std::vector<std::size_t>& columns, const CertificateResult& result);
/// 0.05 as "5%".
std::string percent_text(double share);
/// An upper bound in percent, rounded up: "4.96%".
std::string bound_text(double share);
/// Why the walk stopped at this step, a phrase a claim; none where it holds.
std::vector<std::string> failures(const CertificateStep& step, const CertificateResult& result);

}  // namespace niwaki
