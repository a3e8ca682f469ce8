#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <variant>

#include "niwaki/engine/sparse_weights.hpp"
#include "niwaki/model/graph.hpp"

namespace niwaki {

/// A layer's weight, held once, in the smaller of its two forms: dense, or (where at least half of it is zero)
/// compressed for the sparse kernels. The other form is made when it is asked for.
class LayerWeight {
 public:
  /// `weight`: [out, channels / groups, height, width]. `parts`: threads that may share its output rows.
  LayerWeight(Tensor weight, std::int64_t groups, std::size_t parts);

  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t nonzeros() const { return nonzeros_; }
  [[nodiscard]] double density() const { return static_cast<double>(nonzeros_) / static_cast<double>(size_); }

  /// A copy.
  [[nodiscard]] Tensor dense() const;
  [[nodiscard]] std::shared_ptr<const sparse::Weights> compressed() const;

 private:
  [[nodiscard]] sparse::Weights compress(const Tensor& weight) const;

  Shape shape_;
  std::size_t size_;
  std::int64_t groups_;
  std::size_t parts_;
  std::size_t nonzeros_ = 0;
  Tensor dense_;  // empty where compressed
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const sparse::Weights> compressed_;
};

}  // namespace niwaki
