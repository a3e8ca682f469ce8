#pragma once

#include <cstddef>

#include <ATen/ATen.h>

namespace niwaki {

/// The mean and the spread of every channel over all that was added, exactly pooled in double: batches are joined by
/// their means and sums of squared deviations (Chan, Golub & LeVeque 1979), so that nothing depends on their size but
/// the last bits.
class ChannelMoments {
 public:
  /// `values` [batch, channels, ...]
  void add(const at::Tensor& values);

  [[nodiscard]] double count() const { return count_; }           // values a channel
  [[nodiscard]] const at::Tensor& mean() const { return mean_; }  // [channels] in double
  [[nodiscard]] at::Tensor variance() const;                      // the same; unbiased, as PyTorch's running variance

 private:
  double count_ = 0;
  at::Tensor mean_;
  at::Tensor deviations_;  // sums of squared deviations from the mean
};

}  // namespace niwaki
