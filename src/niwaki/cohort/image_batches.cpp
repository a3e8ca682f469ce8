#include "niwaki/cohort/image_batches.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/imaging/image.hpp"

namespace niwaki {
namespace {

std::vector<std::vector<std::size_t>> consecutive_batches(std::size_t count, std::size_t batch) {
  std::vector<std::vector<std::size_t>> batches;
  for (std::size_t first = 0; first < count; first += batch) {
    std::vector<std::size_t> rows(std::min(batch, count - first));
    std::iota(rows.begin(), rows.end(), first);
    batches.push_back(std::move(rows));
  }
  return batches;
}

}  // namespace

void for_each_batch(const ImageSource& images, std::size_t batch, const std::function<void(ImageBatch&)>& use) {
  NIWAKI_CHECK(batch >= 1, "a batch of {} images", batch);
  const Preprocessing& preprocessing = images.preprocessing();
  const auto prepare = [&](std::size_t row, std::span<float> pixels) {
    images.read(row, pixels);
    normalise(pixels, preprocessing);
  };
  BatchLoader loader(consecutive_batches(images.size(), batch), preprocessing.values(), prepare,
                     {.threads = static_cast<std::size_t>(thread_count())});
  ImageBatch spent;
  while (std::optional<ImageBatch> next = loader.next(std::move(spent))) {
    throw_if_cancelled();
    use(*next);
    spent = std::move(*next);
  }
}

}  // namespace niwaki
