#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "niwaki/core/progress.hpp"
#include "niwaki/model/graph.hpp"
#include "niwaki/prune/weight_statistics.hpp"
#include "niwaki/study/recipe.hpp"
#include "niwaki/study/study_cohort.hpp"

namespace niwaki {

/// The images that pruning is calibrated on: of patients in the order that the stream "prune/calibration" of `seed`
/// draws them, all images, until there are `images` of them (of the last patient as many as fit). Rising rows of
/// `training`; all where it has no more.
std::vector<std::size_t> calibration_rows(const Cohort& training, std::size_t images, std::uint64_t seed);

/// The weight statistics of one seed's dense network at a time, gathered when a criterion first asks for them.
class SeedStatistics {
 public:
  /// Both must outlive this.
  SeedStatistics(const Recipe& recipe, const StudyCohort& cohort) : recipe_(recipe), cohort_(cohort) {}

  /// What `criterion` needs of `dense`, which is training seed `seed`'s network; nullptr where it looks at the weights
  /// alone. Valid until it is called for another seed. `progress` hears what is being done, not how much.
  const WeightStatistics* of(const Graph& dense, const std::string& criterion, std::uint64_t seed, Progress& progress);

 private:
  const Recipe& recipe_;
  const StudyCohort& cohort_;
  std::uint64_t seed_ = 0;
  std::map<StatisticsKinds, WeightStatistics> gathered_;  // of seed_
  std::set<std::string> said_;                            // notes that were logged
};

}  // namespace niwaki
