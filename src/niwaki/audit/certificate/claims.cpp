#include "niwaki/audit/certificate/claims.hpp"

#include <algorithm>

#include "niwaki/metrics/binomial_bound.hpp"
#include "niwaki/metrics/multiple_testing.hpp"

namespace niwaki {

const char* claim_kind_name(ClaimKind kind) {
  switch (kind) {
    case ClaimKind::kMissed:
      return "missed";
    case ClaimKind::kFalseAlarms:
      return "false alarms";
    case ClaimKind::kPairMissed:
      return "pair missed";
  }
  return "";
}

const char* claim_status_name(ClaimStatus status) {
  switch (status) {
    case ClaimStatus::kHolds:
      return "holds";
    case ClaimStatus::kFails:
      return "not shown";
    case ClaimStatus::kUncertifiable:
      return "not certifiable";
  }
  return "";
}

void judge(double confidence, ClaimFigures& figures) {
  const EventCounts& counts = figures.counts;
  figures.upper = clopper_pearson_upper(counts.events, counts.eligible, confidence);
  figures.p = binomial_lower_tail(counts.events, counts.eligible, figures.tolerance);
  figures.allowed = most_events(counts.eligible, figures.tolerance, confidence);
  figures.needed = trials_needed(figures.tolerance, confidence);
  figures.status = !figures.allowed                    ? ClaimStatus::kUncertifiable
                   : counts.events <= *figures.allowed ? ClaimStatus::kHolds
                                                       : ClaimStatus::kFails;
}

std::vector<SingleClaim> single_claims(const std::vector<ClaimFigures>& figures, double confidence) {
  std::vector<SingleClaim> claims;
  for (const ClaimFigures& part : figures) {
    auto found = std::ranges::find(claims, part.classes, &SingleClaim::classes);
    if (found == claims.end()) {
      claims.push_back({part.classes, 0.0, std::nullopt, ClaimStatus::kFails});
      found = claims.end() - 1;
    }
    found->p = std::max(found->p, part.p);
    if (part.status == ClaimStatus::kUncertifiable) {
      found->status = ClaimStatus::kUncertifiable;
    }
  }
  std::vector<double> p_values;
  std::vector<SingleClaim*> tested;
  for (SingleClaim& claim : claims) {
    if (claim.status != ClaimStatus::kUncertifiable) {
      p_values.push_back(claim.p);
      tested.push_back(&claim);
    }
  }
  const std::vector<double> adjusted = holm(p_values);
  for (std::size_t i = 0; i < tested.size(); ++i) {
    tested[i]->holm = adjusted[i];
    tested[i]->status = adjusted[i] <= 1.0 - confidence ? ClaimStatus::kHolds : ClaimStatus::kFails;
  }
  return claims;
}

}  // namespace niwaki
