#include "niwaki/train/labelled_batches.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

std::vector<std::vector<std::size_t>> shuffled_batches(std::size_t count, std::size_t batch, RandomStream random) {
  const std::vector<std::size_t> order = random.permutation(count);
  std::vector<std::vector<std::size_t>> batches;
  for (std::size_t first = 0; first < count; first += batch) {
    const std::size_t end = std::min(first + batch, count);
    if (end - first == 1 && batch > 1 && !batches.empty()) {
      batches.back().push_back(order[first]);
    } else {
      batches.emplace_back(order.begin() + static_cast<std::ptrdiff_t>(first),
                           order.begin() + static_cast<std::ptrdiff_t>(end));
    }
  }
  return batches;
}

BatchLoader::Prepare prepared_for(const LabelledImages& images, const EpochDraw& draw) {
  return [source = images.images, draw, stream = draw.purpose + "/augment"](std::size_t row, std::span<float> pixels) {
    source->read(row, pixels);
    RandomStream random(draw.seed, stream, {draw.number, row});
    augment(pixels, source->preprocessing(), draw.augmentation, random);
    normalise(pixels, source->preprocessing());
  };
}

}  // namespace

LabelledBatches::LabelledBatches(const LabelledImages& images, const EpochDraw& draw)
    : images_(images),
      count_(batches_of(images.images->size(), draw.batch)),
      loader_(shuffled_batches(images.images->size(), draw.batch,
                               RandomStream(draw.seed, draw.purpose + "/shuffle", {draw.number})),
              images.images->preprocessing().values(), prepared_for(images, draw),
              {.threads = static_cast<std::size_t>(thread_count())}) {}

std::optional<LabelledBatch> LabelledBatches::next() {
  std::optional<ImageBatch> batch = loader_.next(std::move(batch_));
  if (!batch) {
    return std::nullopt;
  }
  throw_if_cancelled();
  batch_ = std::move(*batch);
  fill_labels();
  const Preprocessing& input = images_.images->preprocessing();
  const Shape shape = {static_cast<std::int64_t>(batch_.rows.size()), static_cast<std::int64_t>(input.channels),
                       static_cast<std::int64_t>(input.height), static_cast<std::int64_t>(input.width)};
  return LabelledBatch{.pixels = batch_.pixels, .shape = shape, .targets = targets_, .known = known_};
}

void LabelledBatches::fill_labels() {
  targets_.clear();
  known_.clear();
  for (const std::size_t row : batch_.rows) {
    for (const Label label : images_.labels.row(row)) {
      targets_.push_back(label == Label::kPositive ? 1.0F : 0.0F);
      known_.push_back(label == Label::kUnknown ? 0.0F : 1.0F);
    }
  }
}

std::size_t batches_of(std::size_t images, std::size_t batch) {
  return shuffled_batches(images, batch, RandomStream(0, "")).size();
}

void check_images(const Graph& network, const LabelledImages& images, const std::string& name) {
  NIWAKI_CHECK(images.images != nullptr, "no {} images given", name);
  NIWAKI_CHECK(images.images->size() == images.labels.rows(), "{} {} images with {} rows of labels",
               images.images->size(), name, images.labels.rows());
  NIWAKI_CHECK(images.labels.columns() == class_count(network), "{} logits for {} classes", class_count(network),
               images.labels.columns());
  if (std::ranges::all_of(images.labels.values(), [](Label label) { return label == Label::kUnknown; })) {
    throw InputError("no image with a known label", name + " images", "check the label file and the split");
  }
  const Preprocessing& input = images.images->preprocessing();
  infer_shapes(network, {1, static_cast<std::int64_t>(input.channels), static_cast<std::int64_t>(input.height),
                         static_cast<std::int64_t>(input.width)});
}

}  // namespace niwaki
