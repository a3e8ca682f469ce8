#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/audit/certificate/claims.hpp"
#include "niwaki/audit/certificate/policy.hpp"
#include "niwaki/audit/result.hpp"
#include "niwaki/cohort/cohort.hpp"

namespace niwaki {

/// The parts of the patients, by index into CertificateData::parts: on the first everything is chosen, on the second
/// claims are tested, on the third the outcome is looked at once more.
enum class CertificatePart : std::uint8_t { kBuild, kCertify, kTest };
const char* part_name(CertificatePart part);  // "build", "certify", "test"

/// A pruned network (or any system) that would take the place of the dense one.
struct Candidate {
  std::string name;
  std::optional<double> sparsity;
};

/// One part's images and what the networks say of them: [images, classes] row-major.
struct PartScores {
  Cohort cohort;
  std::vector<float> dense;
  std::vector<std::vector<float>> candidates;  // in the order of the walk; empty tables where they are not needed
};

/// All that a certificate is computed from. Classes are the same in all parts, and no patient is in two (the caller
/// sees to both).
struct CertificateData {
  std::array<PartScores, 3> parts;
  std::vector<Candidate> candidates;  // in the order of the walk

  [[nodiscard]] const PartScores& part(CertificatePart which) const { return parts[static_cast<std::size_t>(which)]; }
};

/// Change of AP of one class on the certify part, relative to the dense network's, with a 95% band over all steps
/// together from resamples of the patients (audit/evidence.hpp). The band is asymptotic: no part of any claim.
struct ApChange {
  std::size_t column = 0;
  Figure dense;
  std::vector<Figure> changes;  // one a step
  std::vector<FigureInterval> band;
};

/// One candidate that the walk came to.
struct CertificateStep {
  std::size_t candidate = 0;
  std::vector<double> thresholds;     // of the pruned network, one a class; NaN for excluded classes
  std::vector<ClaimFigures> figures;  // classes by column, missed before false alarms; then pairs
  std::vector<SingleClaim> singles;   // only where single classes are claimed
  bool holds = false;                 // everything that can be certified
};

struct PartCounts {
  std::size_t images = 0;
  std::size_t patients = 0;
  std::vector<std::size_t> positive_patients;  // one a class
};

struct CertificateResult {
  bool granted = false;
  /// All classes: the last candidate of the walk that held. Single classes: the last at which any claim holds.
  std::optional<std::size_t> chosen;  // a place in `steps`
  /// Too few patients for some claim and a policy that blocks: the walk was not begun.
  bool blocked = false;
  CertificatePolicy policy;
  CertificateRequirements requirements;
  std::vector<double> thresholds;  // of the dense network, one a class; NaN for excluded classes
  std::vector<Candidate> candidates;
  std::array<PartCounts, 3> parts;
  /// What could be certified at all: the dense network against itself, so without events.
  std::vector<ClaimFigures> outset;
  std::vector<CertificateStep> steps;  // as far as the walk came
  std::vector<ClaimFigures> test;      // of the chosen one on the test part: reported, nothing hangs on them
  std::vector<ApChange> ap_changes;    // empty where no bands were asked for, or the walk was not begun
};

/// The certificate (docs/certificate.md): claims tested exactly, by patients, on the certify part at thresholds chosen
/// on the build part. All classes: every claim of a candidate at level 1 - confidence (an intersection-union test,
/// Berger, Technometrics 24, 1982), candidates in their order until the first that fails (fixed-sequence testing;
/// Learn-then-Test, Angelopoulos et al., arXiv 2110.01052), so that one or more false statements are made with
/// probability 1 - confidence at most. Single classes: Holm's at each candidate, going on while all hold (serial
/// gatekeeping), with the same guarantee.
///
/// Throws InputError naming `source` (labels) for an operating point that cannot be chosen because the build part has
/// no positive (or no negative) image of a class, and what requirements_of() throws.
CertificateResult certify(const CertificateData& data, const CertificatePolicy& policy, const std::string& source);

}  // namespace niwaki
