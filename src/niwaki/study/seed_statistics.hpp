#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "niwaki/core/progress.hpp"
#include "niwaki/model/graph.hpp"
#include "niwaki/prune/weight_statistics.hpp"
#include "niwaki/study/recipe.hpp"
#include "niwaki/study/study_cohort.hpp"

namespace niwaki {

/// The weight statistics of one seed's dense network at a time, gathered when a method first asks for them.
class SeedStatistics {
 public:
  /// Both must outlive this.
  SeedStatistics(const Recipe& recipe, const StudyCohort& cohort) : recipe_(recipe), cohort_(cohort) {}

  /// What the criterion of `method` (without repairs) needs of `dense`, which is training seed `seed`'s network;
  /// nullptr where it looks at the weights alone. Valid until the next call. What is sought for one `sparsity` is not
  /// kept. `progress` hears what is
  /// being done, not how much.
  const WeightStatistics* of(const Graph& dense, const std::string& method, double sparsity, std::uint64_t seed,
                             Progress& progress);

  /// The same of any network on its way from seed `seed`'s, kept by nobody; empty kinds where nothing is needed.
  WeightStatistics gathered(const Graph& network, const std::string& method, double sparsity, std::uint64_t seed,
                            Progress& progress);

 private:
  const Recipe& recipe_;
  const StudyCohort& cohort_;
  std::uint64_t seed_ = 0;
  std::map<StatisticsKinds, WeightStatistics> kept_;  // of seed_
  std::set<std::string> said_;                        // notes that were logged
};

}  // namespace niwaki
