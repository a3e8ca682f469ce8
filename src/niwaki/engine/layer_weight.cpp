#include "niwaki/engine/layer_weight.hpp"

#include <algorithm>
#include <utility>

namespace niwaki {

LayerWeight::LayerWeight(Tensor weight, std::int64_t groups, std::size_t parts)
    : shape_(weight.shape), size_(weight.size()), groups_(groups), parts_(parts) {
  nonzeros_ = size_ - static_cast<std::size_t>(std::ranges::count(weight.values, 0.0F));
  if (2 * nonzeros_ <= size_) {
    compressed_ = std::make_shared<const sparse::Weights>(compress(weight));
  } else {
    dense_ = std::move(weight);
  }
}

sparse::Weights LayerWeight::compress(const Tensor& weight) const {
  const bool pixel = shape_[2] == 1 && shape_[3] == 1;
  return sparse::compress(weight, groups_, parts_, pixel);
}

Tensor LayerWeight::dense() const {
  return dense_.values.empty() ? sparse::expand(*compressed_, shape_, groups_) : dense_;
}

std::shared_ptr<const sparse::Weights> LayerWeight::compressed() const {
  const std::lock_guard lock(mutex_);
  if (compressed_ == nullptr) {
    compressed_ = std::make_shared<const sparse::Weights>(compress(dense_));
  }
  return compressed_;
}

}  // namespace niwaki
