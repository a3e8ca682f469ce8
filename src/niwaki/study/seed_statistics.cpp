#include "niwaki/study/seed_statistics.hpp"

#include "niwaki/core/log.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/prune/criterion.hpp"
#include "niwaki/study/calibration.hpp"

namespace niwaki {
namespace {

/// Passes on what is being done; the work is not counted in the unit's images.
class SayingProgress : public SilentProgress {
 public:
  explicit SayingProgress(Progress& progress) : progress_(progress) {}
  void say(const std::string& now) override { progress_.say(now); }

 private:
  Progress& progress_;
};

}  // namespace

WeightStatistics SeedStatistics::gathered(const Graph& network, const std::string& method, double sparsity,
                                          std::uint64_t seed, Progress& progress) {
  const StatisticsKinds needs = criterion_entry(method).needs;
  if (needs.empty()) {
    return {};
  }
  const StatisticsRequest request{.kinds = needs,
                                  .calibration = recipe_.calibration,
                                  .tail = recipe_.tail,
                                  .sparsity = sparsity,
                                  .seed = RandomStream(recipe_.seed, "prune/statistics", {seed}).bits(),
                                  .device = recipe_.train.device};
  const StudyPart& train = cohort_.train;
  SayingProgress saying(progress);
  WeightStatistics statistics =
      weight_statistics_of(network, {train.images.get(), train.cohort.label_view()},
                           calibration_rows(train.cohort, recipe_.calibration.images, recipe_.seed), request, saying);
  for (const std::string& note : statistics.notes) {
    if (said_.insert(note).second) {
      log_warning(note);
    }
  }
  return statistics;
}

const WeightStatistics* SeedStatistics::of(const Graph& dense, const std::string& method, double sparsity,
                                           std::uint64_t seed, Progress& progress) {
  const StatisticsKinds needs = criterion_entry(method).needs;
  if (needs.empty()) {
    return nullptr;
  }
  if (seed != seed_) {
    kept_.clear();
    seed_ = seed;
  }
  if (needs.contains(StatisticsKind::kTailSearch)) {
    kept_.erase(needs);
  }
  auto found = kept_.find(needs);
  if (found == kept_.end()) {
    found = kept_.emplace(needs, gathered(dense, method, sparsity, seed, progress)).first;
  }
  return &found->second;
}

}  // namespace niwaki
