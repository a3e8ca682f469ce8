// How fast train_network trains: pictures a second of an epoch, without validation and checkpoint. bench/run calls it.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "niwaki/cohort/image_source.hpp"
#include "niwaki/cohort/phantom/phantom.hpp"
#include "niwaki/core/heap.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/progress.hpp"
#include "niwaki/core/small_program.hpp"
#include "niwaki/model/zoo/zoo.hpp"
#include "niwaki/train/train.hpp"

namespace niwaki {
namespace {

struct SpeedOptions {
  std::string architecture = "resnet-small";
  std::size_t size = 64;     // pixels a side
  std::size_t images = 512;  // of an epoch
  std::size_t batch = 64;
  std::size_t epochs = 3;  // the first warms up
  int threads = 2;
  std::filesystem::path work;       // a folder for checkpoints
  std::filesystem::path data_file;  // write pictures and labels there for the peer, and train nothing
};

/// Seconds from the beginning of each epoch to the end of its last step, and those of all processors together.
class EpochClock : public SilentProgress {
 public:
  void say(const std::string& /*now*/) override {
    begin_ = Clock::now();
    processor_begin_ = processor_time();
    seconds.push_back(0);
    processor_seconds.push_back(0);
  }
  void advance(double /*amount*/) override {
    if (!seconds.empty()) {
      seconds.back() = std::chrono::duration<double>(Clock::now() - begin_).count();
      processor_seconds.back() = processor_time() - processor_begin_;
    }
  }
  std::vector<double> seconds;
  std::vector<double> processor_seconds;

 private:
  using Clock = std::chrono::steady_clock;
  static double processor_time() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
  Clock::time_point begin_;
  double processor_begin_ = 0;
};

/// The first `count` pictures of the phantom as a study has them: drawn once, then kept as 16-bit values.
struct Pictures {
  Pictures(const Phantom& phantom, std::size_t count, const Preprocessing& preprocessing) {
    std::vector<std::size_t> rows(count);
    std::iota(rows.begin(), rows.end(), 0);
    constexpr std::size_t kCacheBytes = std::size_t{1} << 32;
    images = cached(phantom.images(rows, preprocessing), kCacheBytes);
    cohort = phantom.cohort().subset(rows);
  }
  [[nodiscard]] LabelledImages labelled() const { return {images.get(), cohort.label_view()}; }

  std::unique_ptr<ImageSource> images;
  Cohort cohort;
};

/// float32: the normalised pictures, then their labels.
void write_data(const Pictures& pictures, const std::filesystem::path& path) {
  const Preprocessing& preprocessing = pictures.images->preprocessing();
  std::vector<float> values(pictures.images->size() * preprocessing.values());
  for (std::size_t row = 0; row < pictures.images->size(); ++row) {
    const std::span<float> pixels(values.data() + row * preprocessing.values(), preprocessing.values());
    pictures.images->read(row, pixels);
    normalise(pixels, preprocessing);
  }
  for (const Label label : pictures.cohort.labels) {
    values.push_back(label == Label::kPositive ? 1.0F : 0.0F);
  }
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(float)));
  if (!file.flush()) {
    throw InputError("cannot be written", path.string(), "choose another file");
  }
}

TrainResult train(const SpeedOptions& options, const Graph& start, const Pictures& pictures, const Pictures& validation,
                  Progress& progress) {
  TrainOptions training;
  training.learning_rate = 1e-3;
  training.batch = options.batch;
  training.epochs = options.epochs;
  training.patience = options.epochs;
  training.augmentation = {.flip = false, .rotation_degrees = 0};
  training.device = "cpu";
  return train_network(start, pictures.labelled(), validation.labelled(), training, options.work, "bench", progress);
}

std::size_t parameters(const Graph& graph) {
  std::size_t count = 0;
  for (const auto& [name, tensor] : graph.tensors) {
    count += name.find(".running_") == std::string::npos ? tensor.size() : 0;
  }
  return count;
}

void run(const SpeedOptions& options) {
  set_thread_count(options.threads);
  const Phantom phantom({.images = options.images, .size = options.size});
  const Preprocessing preprocessing = imagenet_preprocessing(1, options.size, options.size);
  const Pictures pictures(phantom, options.images, preprocessing);
  if (!options.data_file.empty()) {
    write_data(pictures, options.data_file);
    return;
  }
  const Pictures validation(phantom, std::min<std::size_t>(options.images, 64), preprocessing);
  RandomStream random(1, "bench/network");
  const Graph start = build_network(options.architecture, phantom.cohort().classes, preprocessing, random);
  EpochClock clock;
  const TrainResult result = train(options, start, pictures, validation, clock);
  std::vector<double> losses;
  for (const Epoch& epoch : result.history) {
    losses.push_back(epoch.train_loss);
  }
  fmt::print(
      "{{\"seconds\": [{:.6f}], \"processor_seconds\": [{:.6f}], \"losses\": [{:.6f}], \"parameters\": {}, "
      "\"libtorch\": \"{}\"}}\n",
      fmt::join(clock.seconds, ", "), fmt::join(clock.processor_seconds, ", "), fmt::join(losses, ", "),
      parameters(start), libtorch_version());
}

int parse_and_run(int argc, char** argv) {
  keep_freed_memory();  // as the program does; bench/run sets GOMP_SPINCOUNT.
  SpeedOptions options;
  CLI::App program("Times epochs of train_network", "niwaki_bench_train");
  program.add_option("--architecture", options.architecture)->capture_default_str();
  program.add_option("--size", options.size)->capture_default_str();
  program.add_option("--images", options.images)->capture_default_str();
  program.add_option("--batch", options.batch)->capture_default_str();
  program.add_option("--epochs", options.epochs)->capture_default_str();
  program.add_option("--threads", options.threads)->capture_default_str();
  program.add_option("--work", options.work, "A folder for checkpoints");
  program.add_option("--write-data", options.data_file, "Write pictures and labels here instead of training");
  CLI11_PARSE(program, argc, argv);
  run(options);
  return 0;
}

}  // namespace
}  // namespace niwaki

int main(int argc, char** argv) {
  return niwaki::exit_code_of([&] { return niwaki::parse_and_run(argc, argv); });
}
