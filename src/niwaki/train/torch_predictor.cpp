#include "niwaki/train/torch_predictor.hpp"

#include <algorithm>
#include <utility>

#include "niwaki/cohort/image_batches.hpp"
#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/model/folding.hpp"
#include "niwaki/train/executor.hpp"

namespace niwaki {
struct TorchPredictor::State {
  State(const Graph& network, const std::string& device_name)
      : graph(with_folded_normalisation(network)),
        classes(class_count(network)),
        device(parse_device(device_name)),
        executor(graph, device) {}

  /// Appends the logits of the first `count` pictures of a full batch.
  void append_logits(const float* pixels, const Shape& shape, std::size_t count, std::vector<float>& logits) const {
    const at::Tensor output = executor.run(image_tensor(pixels, shape, device), RunMode::kInference);
    const at::Tensor plain = output.to(at::kCPU).contiguous();
    const auto* begin = plain.data_ptr<float>();
    logits.insert(logits.end(), begin, begin + count * classes);
  }

  Graph graph;
  std::size_t classes;
  at::Device device;
  Executor executor;
};

TorchPredictor::TorchPredictor(const Graph& graph, const std::string& device)
    : state_(std::make_unique<State>(graph, device)) {}
TorchPredictor::~TorchPredictor() = default;
TorchPredictor::TorchPredictor(TorchPredictor&&) noexcept = default;
TorchPredictor& TorchPredictor::operator=(TorchPredictor&&) noexcept = default;

std::size_t TorchPredictor::classes() const {
  return state_->classes;
}

std::vector<float> TorchPredictor::logits(const ImageSource& images, std::size_t batch,
                                          const std::function<void(std::size_t)>& done) const {
  NIWAKI_CHECK(batch >= 1, "a batch of {} images", batch);
  const Preprocessing& preprocessing = images.preprocessing();
  const Shape shape = {static_cast<std::int64_t>(batch), static_cast<std::int64_t>(preprocessing.channels),
                       static_cast<std::int64_t>(preprocessing.height), static_cast<std::int64_t>(preprocessing.width)};
  infer_shapes(state_->graph, shape);
  use_thread_count();
  std::vector<float> logits;
  logits.reserve(images.size() * classes());
  for_each_batch(images, batch, [&](ImageBatch& next) {
    next.pixels.resize(batch * preprocessing.values(), 0.0F);
    state_->append_logits(next.pixels.data(), shape, next.rows.size(), logits);
    if (done) {
      done(next.rows.size());
    }
  });
  return logits;
}

std::vector<float> TorchPredictor::logits(std::span<const float> input, const Shape& shape, std::size_t batch) const {
  NIWAKI_CHECK(batch >= 1, "a batch of {} images", batch);
  NIWAKI_CHECK(shape.size() == 4 && shape[0] >= 0, "{} dimensions", shape.size());
  const auto count = static_cast<std::size_t>(shape[0]);
  const std::size_t values = count == 0 ? 0 : input.size() / count;
  NIWAKI_CHECK(static_cast<std::int64_t>(values) == shape[1] * shape[2] * shape[3] && values * count == input.size(),
               "{} values for {} images of {} x {} x {}", input.size(), count, shape[1], shape[2], shape[3]);
  const Shape batch_shape = {static_cast<std::int64_t>(batch), shape[1], shape[2], shape[3]};
  infer_shapes(state_->graph, batch_shape);
  use_thread_count();
  std::vector<float> logits;
  logits.reserve(count * classes());
  std::vector<float> pixels(batch * values);
  for (std::size_t first = 0; first < count; first += batch) {
    throw_if_cancelled();
    const std::size_t images = std::min(batch, count - first);
    std::ranges::copy(input.subspan(first * values, images * values), pixels.begin());
    std::fill(pixels.begin() + static_cast<std::ptrdiff_t>(images * values), pixels.end(), 0.0F);
    state_->append_logits(pixels.data(), batch_shape, images, logits);
  }
  return logits;
}

}  // namespace niwaki
