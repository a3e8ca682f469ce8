#include "niwaki/audit/seed_average.hpp"

#include "niwaki/core/error.hpp"

namespace niwaki {

void SeedAverage::add(std::size_t seed, std::span<const float> values) {
  const std::lock_guard lock(mutex_);
  NIWAKI_CHECK(seed >= next_ && seed < seeds_, "seed {} of {}, {} are in", seed, seeds_, next_);
  if (seed != next_) {
    waiting_.emplace(seed, std::vector<float>(values.begin(), values.end()));
    return;
  }
  sum_up(values);
  for (auto first = waiting_.begin(); first != waiting_.end() && first->first == next_; first = waiting_.begin()) {
    sum_up(first->second);
    waiting_.erase(first);
  }
}

void SeedAverage::sum_up(std::span<const float> values) {
  sum_.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum_[i] += static_cast<double>(values[i]) / static_cast<double>(seeds_);
  }
  ++next_;
}

const std::vector<double>& SeedAverage::values() const {
  NIWAKI_CHECK(next_ == seeds_, "{} of {} seeds are in", next_, seeds_);
  return sum_;
}

}  // namespace niwaki
