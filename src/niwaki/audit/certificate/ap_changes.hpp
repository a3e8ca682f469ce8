#pragma once

#include "niwaki/audit/certificate/certificate.hpp"

namespace niwaki {

/// Fills the changes of AP of `result`, of the candidates that its walk came to, on the certify part: the audit's own
/// bands (audit/evidence.hpp). Leaves them empty where the policy asks for no resamples or the walk was not begun.
/// Excluded classes have none; of a
/// class of fewer than AuditOptions::minimum_patients patients the figures are empty.
void measure_ap_changes(const PartScores& certify, CertificateResult& result);

}  // namespace niwaki
