#pragma once

#include <cstddef>
#include <optional>

namespace niwaki {

/// One-sided test of a paired comparison: two systems on the same patients, of whom only those count on whom the two
/// differ. `lost`: found by the old system and missed by the new one; `gained`: the other way. Were both alike, lost
/// would be binomial of lost + gained trials at 1/2 (McNemar, Psychometrika 12, 1947; exact). Significance: in (0,
/// 1/2].

/// P(X >= lost), X binomial of lost + gained and 1/2; 1 where no patient differs.
double mcnemar_p(std::size_t lost, std::size_t gained);

/// The least number of lost patients that shows a loss beside so many gained ones: mcnemar_p() is at most
/// `significance`.
std::size_t mcnemar_critical(std::size_t gained, double significance);

/// What a paired comparison is to see.
struct PairedLoss {
  double lost = 0.05;    // share of the patients whom the new system loses, in (0, 1)
  double gained = 0.02;  // share whom it gains, 0 or more and below `lost`; together at most 1
  double significance = 0.05;
  double power = 0.80;  // in (0, 1)
};

/// The chance that the test shows the loss with so many patients, exactly: over the binomial number of patients who
/// differ, the binomial chance that enough of them are lost (unconditional power of the conditional test: Miettinen,
/// Biometrics 24, 1968; Duffy, Biometrics 40, 1984). At most 2^31 patients.
double mcnemar_power(std::size_t patients, const PairedLoss& loss);

/// The least number of patients that has the power and from which on it is kept: the exact power rises in a saw's
/// teeth, so the numbers up to a tenth above (at most 200) are looked at too. Nothing where more than 10 million are
/// needed.
std::optional<std::size_t> mcnemar_patients(const PairedLoss& loss);

}  // namespace niwaki
