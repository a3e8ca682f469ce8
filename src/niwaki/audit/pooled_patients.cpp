#include "niwaki/audit/pooled_patients.hpp"

#include <algorithm>
#include <cmath>

namespace niwaki {

void PooledPatients::add(double standard_error, double effective_patients) {
  constexpr double kLeastFreedom = 0.5;  // of what is all of one patient
  variances_ += standard_error * standard_error;
  weighed_squares_ += std::pow(standard_error, 4) / std::max(effective_patients - 1.0, kLeastFreedom);
}

double PooledPatients::effective_patients() const {
  return weighed_squares_ > 0.0 ? 1.0 + variances_ * variances_ / weighed_squares_ : 0.0;
}

}  // namespace niwaki
