#include "niwaki/study/calibration.hpp"

#include <algorithm>
#include <numeric>

#include "niwaki/core/log.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/prune/criterion.hpp"

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

std::vector<std::size_t> calibration_rows(const Cohort& training, std::size_t images, std::uint64_t seed) {
  std::map<std::string, std::vector<std::size_t>> by_patient;
  for (std::size_t row = 0; row < training.size(); ++row) {
    by_patient[training.records[row].patient].push_back(row);
  }
  std::vector<const std::vector<std::size_t>*> patients;
  for (const auto& [patient, rows] : by_patient) {
    patients.push_back(&rows);
  }
  RandomStream random(seed, "prune/calibration");
  random.shuffle(std::span(patients));
  std::vector<std::size_t> chosen;
  for (const std::vector<std::size_t>* rows : patients) {
    const std::size_t left = images - chosen.size();
    chosen.insert(chosen.end(), rows->begin(),
                  rows->begin() + static_cast<std::ptrdiff_t>(std::min(left, rows->size())));
  }
  std::ranges::sort(chosen);
  return chosen;
}

const WeightStatistics* SeedStatistics::of(const Graph& dense, const std::string& criterion, std::uint64_t seed,
                                           Progress& progress) {
  const StatisticsKinds needs = criterion_entry(criterion).needs;
  if (needs.empty()) {
    return nullptr;
  }
  if (seed != seed_) {
    gathered_.clear();
    seed_ = seed;
  }
  const auto found = gathered_.find(needs);
  if (found != gathered_.end()) {
    return &found->second;
  }
  const StatisticsRequest request{.kinds = needs,
                                  .calibration = recipe_.calibration,
                                  .tail = recipe_.tail,
                                  .seed = RandomStream(recipe_.seed, "prune/statistics", {seed}).bits(),
                                  .device = recipe_.train.device};
  const StudyPart& train = cohort_.train;
  SayingProgress saying(progress);
  const WeightStatistics& statistics =
      gathered_
          .emplace(needs, weight_statistics_of(dense, {train.images.get(), train.cohort.label_view()},
                                               calibration_rows(train.cohort, recipe_.calibration.images, recipe_.seed),
                                               request, saying))
          .first->second;
  for (const std::string& note : statistics.notes) {
    if (said_.insert(note).second) {
      log_warning(note);
    }
  }
  return &statistics;
}

}  // namespace niwaki
