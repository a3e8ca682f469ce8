#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "niwaki/audit/audit.hpp"
#include "niwaki/audit/class_labels.hpp"

namespace niwaki {

/// The thresholds of every network: one a method, seed and class, chosen for the dense network and carried over to its
/// pruned ones, as happens where a pruned network takes the place of the dense one. Without validation scores every
/// threshold is AuditOptions::threshold.
class OperatingPoints {
 public:
  /// Reads the dense tables of `validation` (may be null) and adds notes for classes that it cannot tell. A dense
  /// network is found by the method and seed that list it in `grid`; where `validation` lists one method's only, by the
  /// seed. Throws InputError where a table does not fit, or where one is missing.
  OperatingPoints(const ScoreGrid& grid, const std::vector<ClassLabels>& labels, const AuditOptions& options,
                  bool logits, const ValidationScores* validation, std::vector<Note>& notes);

  /// Of a method that the grid lists: one a class; NaN where there is none.
  [[nodiscard]] const std::vector<double>& of(const std::string& method, std::uint64_t seed) const;

 private:
  std::map<std::pair<std::string, std::uint64_t>, std::vector<double>> thresholds_;
};

}  // namespace niwaki
