#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "niwaki/cohort/image_source.hpp"
#include "niwaki/model/graph.hpp"

namespace niwaki {

/// A network loaded for prediction by libtorch (batch normalisation folded into the convolutions). Pictures go through
/// it in batches of one size, the last one filled up with black, so that the logits of a picture depend on the network,
/// the picture, `batch` and the number of threads, not on how many pictures come with it.
class TorchPredictor {
 public:
  /// `device`: "auto" (CUDA where libtorch has it), "cpu" or "cuda". Throws InputError for a device that is not there.
  explicit TorchPredictor(const Graph& graph, const std::string& device = "auto");
  ~TorchPredictor();
  TorchPredictor(const TorchPredictor&) = delete;
  TorchPredictor& operator=(const TorchPredictor&) = delete;
  TorchPredictor(TorchPredictor&&) noexcept;
  TorchPredictor& operator=(TorchPredictor&&) noexcept;

  [[nodiscard]] std::size_t classes() const;

  /// Logits [images, classes] row-major of `images` in batches; pictures are read ahead in background threads.
  /// `done(n)`, where given, hears how many images more are done. Checks for cancellation between batches. Throws
  /// InputError where a picture cannot be read, or does not fit the network.
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
