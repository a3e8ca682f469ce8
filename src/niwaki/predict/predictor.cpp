#include "niwaki/predict/predictor.hpp"

#include <algorithm>
#include <bit>

#include "niwaki/cohort/image_batches.hpp"
#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

/// So many pictures are read at once that memory does not grow with their size. A power of two, as what the engine
/// takes at once, so that it need not be filled up.
std::size_t read_at_once(std::size_t batch, const Preprocessing& preprocessing) {
  constexpr std::size_t kBytes = std::size_t{64} << 20;
  const std::size_t fitting = std::max<std::size_t>(1, kBytes / (preprocessing.values() * sizeof(float)));
  return fitting >= batch ? batch : std::bit_floor(fitting);
}

/// The shape of so many pictures like `picture`.
Shape shape_of(std::size_t count, const Shape& picture) {
  return {static_cast<std::int64_t>(count), picture[1], picture[2], picture[3]};
}

}  // namespace

/// Logits of all pictures in `pixels`, as many at once as the engine takes of a batch.
void Predictor::append_logits(std::span<const float> pixels, const Shape& picture, std::size_t batch,
                              std::vector<float>& logits) const {
  const Shape at_once = shape_of(engine_.images_at_once(shape_of(batch, picture)), picture);
  const auto values_of_one = static_cast<std::size_t>(picture[1] * picture[2] * picture[3]);
  const std::size_t values = static_cast<std::size_t>(at_once[0]) * values_of_one;
  const std::size_t end = logits.size() + pixels.size() / values_of_one * classes();
  std::vector<float> filled_up;
  while (!pixels.empty()) {
    throw_if_cancelled();
    std::span<const float> next = pixels.first(std::min(values, pixels.size()));
    pixels = pixels.subspan(next.size());
    if (next.size() < values) {
      filled_up.assign(next.begin(), next.end());
      filled_up.resize(values, 0.0F);
      next = filled_up;
    }
    const std::vector<float> found = engine_.logits(next, at_once);
    logits.insert(logits.end(), found.begin(), found.end());
  }
  logits.resize(end);
}

std::vector<float> Predictor::logits(const ImageSource& images, std::size_t batch,
                                     const std::function<void(std::size_t)>& done) const {
  const Preprocessing& preprocessing = images.preprocessing();
  const Shape picture = {1, static_cast<std::int64_t>(preprocessing.channels),
                         static_cast<std::int64_t>(preprocessing.height),
                         static_cast<std::int64_t>(preprocessing.width)};
  std::vector<float> logits;
  logits.reserve(images.size() * classes());
  for_each_batch(images, read_at_once(batch, preprocessing), [&](const ImageBatch& next) {
    append_logits(next.pixels, picture, batch, logits);
    if (done) {
      done(next.rows.size());
    }
  });
  return logits;
}

std::vector<float> Predictor::logits(std::span<const float> input, const Shape& shape, std::size_t batch) const {
  NIWAKI_CHECK(batch >= 1, "a batch of {} images", batch);
  NIWAKI_CHECK(shape.size() == 4 && shape[0] >= 0, "{} dimensions", shape.size());
  NIWAKI_CHECK(static_cast<std::int64_t>(input.size()) == shape[0] * shape[1] * shape[2] * shape[3],
               "{} values for {} images of {} x {} x {}", input.size(), shape[0], shape[1], shape[2], shape[3]);
  std::vector<float> logits;
  if (!input.empty()) {
    logits.reserve(static_cast<std::size_t>(shape[0]) * classes());
    append_logits(input, shape, batch, logits);
  }
  return logits;
}

}  // namespace niwaki
