#include "niwaki/audit/seed_average.hpp"

#include "niwaki/core/error.hpp"

namespace niwaki {

void SeedAverage::add(std::size_t seed, std::vector<float> values) {
  const std::lock_guard lock(mutex_);
  NIWAKI_CHECK(seed >= next_ && seed < seeds_, "seed {} of {}, {} are in", seed, seeds_, next_);
  waiting_.emplace(seed, std::move(values));
  for (auto first = waiting_.begin(); first != waiting_.end() && first->first == next_; first = waiting_.begin()) {
    const std::vector<float>& table = first->second;
    sum_.resize(table.size());
    for (std::size_t i = 0; i < table.size(); ++i) {
      sum_[i] += static_cast<double>(table[i]) / static_cast<double>(seeds_);
    }
    waiting_.erase(first);
    ++next_;
  }
}

const std::vector<double>& SeedAverage::values() const {
  NIWAKI_CHECK(next_ == seeds_, "{} of {} seeds are in", next_, seeds_);
  return sum_;
}

}  // namespace niwaki
