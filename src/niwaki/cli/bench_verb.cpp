#include <algorithm>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include "niwaki/cli/options.hpp"
#include "niwaki/cli/run_times.hpp"
#include "niwaki/cli/study_times.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/engine/engine.hpp"
#include "niwaki/engine/normal_pictures.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/prune/mask.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kTaskRuns = 5;
constexpr double kMilli = 1e3;
constexpr std::int64_t kMostPixels = 1 << 14;  // a side

std::size_t peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

struct BenchCommand {
  CommonOptions common;
  std::string model;
  std::string study, method;
  std::vector<double> sparsities;
  std::string engine = "auto";
  std::int64_t batch = 1;
  std::vector<std::int64_t> size;  // channels, height, width
  std::size_t images_at_once = 0;
  double seconds = 2;

  void run() const {
    common.apply();
    if (model.empty() == study.empty()) {
      throw UsageError("it is not clear what is to be measured", "--model, --study", "give one of them");
    }
    if (!study.empty()) {
      run_study_networks();
      return;
    }
    Graph graph = read_onnx(model);
    const Shape shape = timed_input_shape(graph, batch, size, model);
    const double sparsity = measure_sparsity(graph).sparsity();
    const Engine loaded(std::move(graph), {.kind = parse_engine_kind(engine), .images_at_once = images_at_once});
    const std::vector<float> images = normal_pictures(shape);
    const std::vector<double> times = run_times(loaded, images, shape, seconds);
    const std::size_t bytes = peak_bytes();
    const std::vector<TaskTime> tasks = loaded.task_times(images, shape, kTaskRuns);
    report(times, tasks, sparsity, bytes, loaded.images_at_once(shape));
  }

 private:
  void run_study_networks() const {
    StudyTiming timing{study, method, sparsities, common.seed.value_or(0), {}};
    timing.options = {"--batch",          std::to_string(batch),          "--engine",  engine,
                      "--images-at-once", std::to_string(images_at_once), "--seconds", shortest(seconds)};
    if (common.threads > 0) {
      timing.options.insert(timing.options.end(), {"--threads", std::to_string(common.threads)});
    }
    const std::string text = time_study(timing);
    if (common.json) {
      print_json(text);
      return;
    }
    const Json document = Json::parse(text);
    for (const Json& network : document.at("networks")) {
      fmt::print("{:<24} {:>6} {:>9.3f} ms an image {:>9.1f} images a second {:>10} bytes\n",
                 network["sparsity"] == 0.0 ? "dense" : network["method"].get<std::string>(),
                 shortest(network["sparsity"].get<double>()), network["milliseconds_per_image"]["median"].get<double>(),
                 network["images_per_second"].get<double>(), network["file_bytes"].get<std::uint64_t>());
    }
    fmt::print("written to {}/times.json; niwaki report and niwaki gate take it from there\n", study);
  }

  void report(const std::vector<double>& times, const std::vector<TaskTime>& tasks, double sparsity, std::size_t bytes,
              std::size_t at_once) const {
    const double median = times[times.size() / 2];
    const double peak = tasks.empty() ? 0 : peak_operations_per_second();
    Json layers = Json::array();
    for (const TaskTime& task : tasks) {
      const double rate = task.seconds > 0 ? task.useful_operations / task.seconds : 0;
      layers.push_back({{"name", task.name},
                        {"kernel", task.kind},
                        {"milliseconds_per_image", task.seconds * kMilli / static_cast<double>(at_once)},
                        {"useful_gigaflops_per_second", rate / 1e9},
                        {"useful_share_of_peak", peak > 0 ? rate / peak : 0},
                        {"weight_bytes", task.weight_bytes}});
    }
    const Json document = {
        {"engine", engine},
        {"batch", batch},
        {"threads", thread_count()},
        {"images_per_second", kMilli / median},
        {"milliseconds_per_image", {{"min", times.front()}, {"median", median}, {"max", times.back()}}},
        {"runs", times.size()},
        {"images_at_once", at_once},
        {"sparsity", sparsity},
        {"peak_bytes", bytes},
        {"peak_gigaflops_per_second", peak / 1e9},
        {"layers", layers}};
    if (common.json) {
      print_json(document.dump(2, ' ', false, Json::error_handler_t::replace));
      return;
    }
    for (const Json& layer : layers) {
      fmt::print("{:<44} {:<12} {:>8.3f} ms {:>8.1f} GFLOP/s {:>5.0f} % of peak {:>10} bytes\n",
                 layer["name"].get<std::string>(), layer["kernel"].get<std::string>(),
                 layer["milliseconds_per_image"].get<double>(), layer["useful_gigaflops_per_second"].get<double>(),
                 100 * layer["useful_share_of_peak"].get<double>(), layer["weight_bytes"].get<std::size_t>());
    }
    fmt::print(
        "{} engine, batch {}, {} threads, sparsity {:.3f}: {:.2f} ms an image ({:.2f} to {:.2f}), {:.1f} images "
        "a second, {:.0f} MiB at most\n",
        engine, batch, thread_count(), sparsity, median, times.front(), times.back(), kMilli / median,
        static_cast<double>(bytes) / (1 << 20));
  }
};

}  // namespace

void add_bench_verb(CLI::App& program) {
  CLI::App* verb = program.add_subcommand("bench", "How fast the engine runs a network, layer by layer");
  const auto command = std::make_shared<BenchCommand>();
  verb->add_option("--model", command->model, "ONNX network (.onnx or .onnx.zst)");
  verb->add_option("--study", command->study,
                   "Instead: a study's folder, whose networks are measured one after the other, into its times.json");
  verb->add_option("--method", command->method, "Of a study: this method's networks alone");
  verb->add_option("--sparsity", command->sparsities, "Of a study: networks of this sparsity alone; may be repeated")
      ->allow_extra_args(false);
  verb->add_option("--batch", command->batch, "Images in a batch")->capture_default_str()->check(CLI::Range(1, 4096));
  verb->add_option("--engine", command->engine, "auto, dense, sparse or reference")->capture_default_str();
  verb->add_option("--size", command->size, "CHANNELS HEIGHT WIDTH of the input, where the network does not say")
      ->expected(3)
      ->check(CLI::Range(std::int64_t{1}, kMostPixels));
  verb->add_option("--images-at-once", command->images_at_once,
                   "Images that run through the network together; 0: chosen")
      ->capture_default_str()
      ->check(CLI::Range(0, 4096));
  verb->add_option("--seconds", command->seconds, "How long to measure")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 3600.0));
  command->common.add_to(*verb);
  verb->callback([command] { command->run(); });
}

}  // namespace niwaki
