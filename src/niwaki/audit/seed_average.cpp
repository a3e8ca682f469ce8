#include "niwaki/audit/seed_average.hpp"

#include "niwaki/audit/seed_average_kernel.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/instruction_set.hpp"

namespace niwaki {
namespace {

seed_average::Kernel kernel_for(InstructionSet set) {
  return kernel_of(set, seed_average::baseline::add_shares, seed_average::avx2::add_shares,
                   seed_average::avx512::add_shares);
}

}  // namespace

bool SeedAverage::add(std::size_t seed, std::span<const float> values) {
  const std::lock_guard lock(mutex_);
  NIWAKI_CHECK(seed >= next_ && seed < seeds_, "seed {} of {}, {} are in", seed, seeds_, next_);
  if (seed != next_) {
    waiting_.emplace(seed, std::vector<float>(values.begin(), values.end()));
    return false;
  }
  sum_up(values);
  for (auto first = waiting_.begin(); first != waiting_.end() && first->first == next_; first = waiting_.begin()) {
    sum_up(first->second);
    waiting_.erase(first);
  }
  return next_ == seeds_;
}

void SeedAverage::sum_up(std::span<const float> values) {
  sum_.resize(values.size());
  kernel_for(instruction_set())(values.data(), values.size(), static_cast<double>(seeds_), sum_.data());
  ++next_;
}

const std::vector<double>& SeedAverage::values() const {
  NIWAKI_CHECK(next_ == seeds_, "{} of {} seeds are in", next_, seeds_);
  return sum_;
}

}  // namespace niwaki
