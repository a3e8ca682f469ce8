#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/cohort/batch_loader.hpp"
#include "niwaki/imaging/image.hpp"
#include "niwaki/train/learner.hpp"
#include "niwaki/train/train.hpp"

namespace niwaki {

/// How an epoch is cut from labelled images.
struct EpochDraw {
  std::string purpose = "train";  // streams are "<purpose>/shuffle" and "<purpose>/augment"
  std::uint64_t seed = 1;
  std::size_t number = 1;  // of the epoch
  std::size_t batch = 256;
  Augmentation augmentation;
};

/// One epoch: all images in an order of its own, augmented, normalised, in batches. A last batch of one picture joins
/// the one before it, because normalisation by the mean and variance of one picture teaches little.
class LabelledBatches {
 public:
  /// `images` outlives this.
  LabelledBatches(const LabelledImages& images, const EpochDraw& draw);

  [[nodiscard]] std::size_t count() const { return count_; }
  /// The next batch, valid until the next call; nothing after the last. Throws InputError where a picture cannot be
  /// read, Interrupted on cancellation.
  std::optional<LabelledBatch> next();
  /// The rows of the batch that next() gave last.
  [[nodiscard]] const std::vector<std::size_t>& rows() const { return batch_.rows; }

 private:
  void fill_labels();

  const LabelledImages images_;
  std::size_t count_;
  BatchLoader loader_;
  ImageBatch batch_;
  std::vector<float> targets_;
  std::vector<float> known_;
};

/// How many batches an epoch of so many images has.
std::size_t batches_of(std::size_t images, std::size_t batch);

/// Throws InputError where no label is known, or pictures do not fit the network; `name` is "training" or "validation".
void check_images(const Graph& network, const LabelledImages& images, const std::string& name);

}  // namespace niwaki
