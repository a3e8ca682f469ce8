#include "niwaki/cohort/array_images.hpp"

#include <algorithm>
#include <utility>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

class ArrayImages : public ImageSource {
 public:
  ArrayImages(std::vector<float> values, const std::array<std::size_t, 4>& shape)
      : values_(std::move(values)), count_(shape[0]) {
    preprocessing_.channels = shape[1];
    preprocessing_.height = shape[2];
    preprocessing_.width = shape[3];
    preprocessing_.mean.assign(shape[1], 0.0F);
    preprocessing_.deviation.assign(shape[1], 1.0F);
    NIWAKI_CHECK(values_.size() == count_ * preprocessing_.values(), "{} values for {} pictures", values_.size(),
                 count_);
  }

  [[nodiscard]] std::size_t size() const override { return count_; }
  [[nodiscard]] const Preprocessing& preprocessing() const override { return preprocessing_; }
  void read(std::size_t index, std::span<float> pixels) const override {
    NIWAKI_CHECK(index < count_, "picture {} of {}", index, count_);
    const auto first = values_.begin() + static_cast<std::ptrdiff_t>(index * preprocessing_.values());
    std::copy_n(first, preprocessing_.values(), pixels.begin());
  }

 private:
  std::vector<float> values_;
  std::size_t count_;
  Preprocessing preprocessing_;
};

}  // namespace

std::unique_ptr<ImageSource> array_images(std::vector<float> values, const std::array<std::size_t, 4>& shape) {
  return std::make_unique<ArrayImages>(std::move(values), shape);
}

}  // namespace niwaki
