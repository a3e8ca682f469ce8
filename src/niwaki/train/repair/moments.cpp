#include "niwaki/train/repair/moments.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace niwaki {

void ChannelMoments::add(const at::Tensor& values) {
  const at::Tensor rows = values.transpose(0, 1).flatten(1).to(at::kDouble);  // [channels, values]
  const auto added = static_cast<double>(rows.size(1));
  const at::Tensor mean = rows.mean(1);
  const at::Tensor deviations = (rows - mean.unsqueeze(1)).square().sum(1);
  if (count_ == 0) {
    count_ = added;
    mean_ = mean;
    deviations_ = deviations;
    return;
  }
  const at::Tensor apart = mean - mean_;
  const double all = count_ + added;
  mean_ = mean_ + apart * (added / all);
  deviations_ = deviations_ + deviations + apart.square() * (count_ * added / all);
  count_ = all;
}

at::Tensor ChannelMoments::variance() const {
  return deviations_ / std::max(count_ - 1, 1.0);
}

}  // namespace niwaki
