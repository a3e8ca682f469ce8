#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "niwaki/cohort/image_source.hpp"
#include "niwaki/engine/engine.hpp"

namespace niwaki {

/// A network loaded for prediction on the processor by the engine. As many pictures run through it at once as suits the
/// network and `batch`, the last ones filled up with black, so that the logits of a picture depend on the network, the
/// picture, the options, `batch` and the number of threads, not on how many pictures come with it. (With measured costs
/// they also depend on what was measured: EngineOptions::measured_costs.)
class Predictor {
 public:
  explicit Predictor(Graph graph, const EngineOptions& options = {}) : engine_(std::move(graph), options) {}

  [[nodiscard]] std::size_t classes() const { return engine_.classes(); }

  /// Logits [images, classes] row-major of `images`, which are read in batches, ahead, in background threads.
  /// `done(n)`, where given, hears how many images more are done. Checks for cancellation meanwhile. Throws InputError
  /// where a picture cannot be read, or does not fit the network.
  [[nodiscard]] std::vector<float> logits(const ImageSource& images, std::size_t batch = 64,
                                          const std::function<void(std::size_t)>& done = {}) const;
  /// As above for pictures that are normalised already: [count, channels, height, width].
  [[nodiscard]] std::vector<float> logits(std::span<const float> input, const Shape& shape,
                                          std::size_t batch = 64) const;

 private:
  void append_logits(std::span<const float> pixels, const Shape& picture, std::size_t batch,
                     std::vector<float>& logits) const;

  Engine engine_;
};

}  // namespace niwaki
