#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <span>
#include <vector>

namespace niwaki {

/// The mean over seeds of tables that arrive in any order from several threads. They are summed in rising order
/// of seed, so the bytes do not depend on who comes first; a table that comes before its turn waits here.
class SeedAverage {
 public:
  explicit SeedAverage(std::size_t seeds) : seeds_(seeds) {}

  /// `seed` counts 0, 1, ... in rising order of the seeds; each once. Answers whether now all have come.
  bool add(std::size_t seed, std::span<const float> values);
  /// The mean, once all seeds have come.
  [[nodiscard]] const std::vector<double>& values() const;
  /// Gives the mean's memory back; values() is empty from then on.
  void forget() { std::vector<double>().swap(sum_); }

 private:
  void sum_up(std::span<const float> values);

  std::mutex mutex_;
  std::size_t seeds_;
  std::size_t next_ = 0;
  std::map<std::size_t, std::vector<float>> waiting_;
  std::vector<double> sum_;
};

}  // namespace niwaki
