#include "niwaki/engine/normal_pictures.hpp"

#include <functional>
#include <numeric>

#include "niwaki/core/random.hpp"

namespace niwaki {

std::vector<float> normal_pictures(const Shape& shape) {
  RandomStream random(1, "normal pictures");
  std::vector<float> values(
      static_cast<std::size_t>(std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>())));
  for (float& value : values) {
    value = static_cast<float>(random.normal());
  }
  return values;
}

}  // namespace niwaki
