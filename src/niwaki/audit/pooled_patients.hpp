#pragma once

namespace niwaki {

/// Effective patients of a sum or mean of estimates, pooled as Welch and Satterthwaite pool degrees of freedom for a
/// sum of independent parts: 1 + (sum v)^2 / sum(v^2 / (n - 1)). So a few rare classes that make most of the variance
/// count as such.
class PooledPatients {
 public:
  void add(double standard_error, double effective_patients);
  [[nodiscard]] double effective_patients() const;  // 0 where no part varies

 private:
  double variances_ = 0.0;
  double weighed_squares_ = 0.0;
};

}  // namespace niwaki
