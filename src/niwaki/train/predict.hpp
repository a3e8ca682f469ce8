#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "niwaki/cohort/image_source.hpp"
#include "niwaki/model/graph.hpp"

namespace niwaki {

/// A network loaded for prediction by libtorch (batch normalisation folded into the convolutions).
class Predictor {
 public:
  explicit Predictor(const Graph& graph, const std::string& device = "auto");
  ~Predictor();
  Predictor(const Predictor&) = delete;
  Predictor& operator=(const Predictor&) = delete;
  Predictor(Predictor&&) noexcept;
  Predictor& operator=(Predictor&&) noexcept;

  [[nodiscard]] std::size_t classes() const;

  /// Logits [images, classes] row-major of `images` in batches. `done(n)`, where given, hears how many images more are
  /// done. Checks for cancellation between batches.
  [[nodiscard]] std::vector<float> logits(const ImageSource& images, std::size_t batch = 64,
                                          const std::function<void(std::size_t)>& done = {}) const;
  /// As above for pictures that are normalised already: [count, channels, height, width].
  [[nodiscard]] std::vector<float> logits(std::span<const float> input, const Shape& shape,
                                          std::size_t batch = 64) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace niwaki
