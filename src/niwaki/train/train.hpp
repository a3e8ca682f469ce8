#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "niwaki/cohort/image_source.hpp"
#include "niwaki/core/matrix_view.hpp"
#include "niwaki/core/progress.hpp"
#include "niwaki/imaging/image.hpp"
#include "niwaki/model/graph.hpp"
#include "niwaki/train/losses.hpp"

namespace niwaki {

struct TrainOptions {
  double learning_rate = 1e-4;        // Adam's; above 0
  std::string schedule = "constant";  // "constant", or "one-cycle" (Smith & Topin 2018: up to learning_rate, then down)
  std::size_t batch = 256;            // images a step, at least 1
  std::size_t epochs = 60;            // at most
  std::size_t patience = 15;          // epochs without a lower validation loss before stopping
  double weight_decay = 0.0;          // Adam's L2 penalty
  Augmentation augmentation;
  LossOptions loss;             // unknown labels count for nothing
  std::string device = "auto";  // "cpu", "cuda", "auto" (CUDA where libtorch has it)
  std::uint64_t seed = 1;       // of the streams "train/..."
  void check() const;           // throws InputError naming the field
};

/// Pictures and their labels, row for row.
struct LabelledImages {
  const ImageSource* images = nullptr;
  MatrixView<const Label> labels;
};

struct Epoch {
  std::size_t number = 0;      // 1 first
  double learning_rate = 0;    // of its last step
  double train_loss = 0;       // mean over known labels, each before the step that it took part in
  double validation_loss = 0;  // of the same loss, with what it knows of the training labels
  double validation_ap = 0;    // macro average precision over classes with a positive; NaN where none
  bool best = false;
};

struct TrainResult {
  Graph best;  // the epoch of lowest validation loss
  std::vector<Epoch> history;
  bool stopped_early = false;
};

/// Trains `start` in place of its present weights. After each epoch `folder` holds checkpoint.bin, from which a later
/// call with the same arguments goes on, however this one ended; the same bytes come out as from an undisturbed run (on
/// the CPU, on one machine type, with one number of threads). For people and programs it holds last.onnx (until the
/// end), best.onnx and history.csv. `tag` identifies the run (a hash of all that it depends on): a checkpoint of
/// another tag is discarded. `progress` hears the training images done, of train.images x options.epochs; with
/// options.epochs = 0 `start` comes back. The batches of an epoch are a shuffle of all images (stream "train/shuffle"
/// of the seed and epoch), the last one smaller; each image is augmented by the stream "train/augment" of seed, epoch
/// and row. The last batch joins the one before it where it is one image. Throws Interrupted on cancellation,
/// InputError where a picture cannot be read, no label is known, or the loss becomes NaN or infinite (says what to
/// try).
TrainResult train_network(const Graph& start, const LabelledImages& train, const LabelledImages& validation,
                          const TrainOptions& options, const std::filesystem::path& folder, const std::string& tag,
                          Progress& progress);

/// history.csv: epoch,learning_rate,train_loss,validation_loss,validation_ap,best
void write_history(const std::vector<Epoch>& history, const std::filesystem::path& path);

/// True where the libtorch at hand has a CUDA device.
bool cuda_available();
/// libtorch's version, for the method section: "1.13.0".
std::string libtorch_version();

}  // namespace niwaki
