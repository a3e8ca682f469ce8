#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/audit/certificate/patient_events.hpp"
#include "niwaki/audit/certificate/policy.hpp"

namespace niwaki {

enum class ClaimKind : std::uint8_t { kMissed, kFalseAlarms, kPairMissed };
const char* claim_kind_name(ClaimKind kind);  // "missed", "false alarms", "pair missed"

/// "uncertifiable": even without a single event, so few patients would show nothing. That hangs on the dense network
/// and the labels alone, never on what the pruned network does.
enum class ClaimStatus : std::uint8_t { kHolds, kFails, kUncertifiable };
const char* claim_status_name(ClaimStatus status);  // "holds", "not shown", "not certifiable"

/// One share that must be shown to be below its tolerance, for one pruned network.
struct ClaimFigures {
  ClaimKind kind = ClaimKind::kMissed;
  std::vector<std::size_t> classes;  // columns: one, or the two of a pair
  double tolerance = 0.0;
  EventCounts counts;
  double upper = 1.0;                  // Clopper & Pearson's one-sided bound, at the policy's confidence
  double p = 1.0;                      // of the true share being the tolerance or more
  std::optional<std::size_t> allowed;  // events with which the claim would hold, were it the only one
  std::optional<std::size_t> needed;   // eligible patients without an event that would show it; none below 2^31
  ClaimStatus status = ClaimStatus::kFails;
};

/// A claim on a single class (missed and false alarms together: the larger p of both, which is a test of their
/// intersection) or pair; for CertificateClaim::kSingleClasses.
struct SingleClaim {
  std::vector<std::size_t> classes;
  double p = 1.0;
  std::optional<double> holm;  // adjusted over the single claims that can be certified; none for the others
  ClaimStatus status = ClaimStatus::kFails;
};

/// Fills all but kind, classes, tolerance and counts.
void judge(double confidence, ClaimFigures& figures);

/// Of the figures of one pruned network, which judge() has seen.
std::vector<SingleClaim> single_claims(const std::vector<ClaimFigures>& figures, double confidence);

}  // namespace niwaki
