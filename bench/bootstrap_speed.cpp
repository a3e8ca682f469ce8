// How fast the audit's bootstrap is: AP and AUROC of every class and table over resamples of the patients. bench/run
// calls it and holds its figures to those of bench/peers/bootstrap_peer.py.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <span>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/instruction_set.hpp"
#include "niwaki/core/matrix_view.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/small_program.hpp"
#include "niwaki/metrics/patient_resamples.hpp"
#include "niwaki/metrics/weighted_ranking.hpp"

namespace niwaki {
namespace {

constexpr std::uint64_t kSeed = 1;

struct SpeedOptions {
  std::filesystem::path data;
  std::size_t images = 0;
  std::size_t patients = 0;
  std::size_t classes = 0;
  std::size_t tables = 0;
  std::size_t resamples = 2000;
  std::size_t rounds = 3;
  int threads = 2;
  std::size_t dumped = 0;         // write the first resamples, and time nothing
  std::filesystem::path weights;  // how often each patient was drawn: uint8 [dumped, patients]
  std::filesystem::path figures;  // AP, then AUROC: float64 [tables, classes, 2, dumped]
};

/// The file that bench/bootstrap.py writes: these arrays one after the other.
struct Data {
  std::vector<float> scores;            // [tables, images, classes]
  std::vector<std::int8_t> labels;      // [classes, images]
  std::vector<std::uint32_t> patients;  // [images]
};

template <typename T>
std::vector<T> read_values(std::ifstream& file, std::size_t count) {
  std::vector<T> values(count);
  file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(count * sizeof(T)));
  return values;
}

template <typename T>
void write_values(const std::vector<T>& values, const std::filesystem::path& path) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(T)));
  if (!file.flush()) {
    throw InputError("cannot be written", path.string(), "choose another file");
  }
}

Data read_data(const SpeedOptions& options) {
  std::ifstream file(options.data, std::ios::binary);
  Data data;
  data.scores = read_values<float>(file, options.tables * options.images * options.classes);
  data.labels = read_values<std::int8_t>(file, options.classes * options.images);
  data.patients = read_values<std::uint32_t>(file, options.images);
  if (!file) {
    throw InputError("too short for these sizes", options.data.string(), "have bench/run write it");
  }
  return data;
}

/// Of one class of one table, sorted.
WeightedRanking ranking_of(const Data& data, const SpeedOptions& options, std::size_t table, std::size_t column) {
  const std::size_t values = options.images * options.classes;
  const MatrixView<const float> scores(std::span(data.scores).subspan(table * values, values), options.images,
                                       options.classes);
  const std::span labels = std::span(data.labels).subspan(column * options.images, options.images);
  return {scores.column(column), labels, data.patients};
}

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Seconds of one round. Sorting and evaluating are summed over the threads.
struct Times {
  double all = 0.0;
  double drawing = 0.0;
  double sorting = 0.0;
  double evaluating = 0.0;
};

using BlockFigures = std::array<double, PatientResamples::kLanes>;

void keep(const BlockFigures& block, std::span<float> replicates) {
  std::transform(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(replicates.size()), replicates.begin(),
                 [](double figure) { return static_cast<float>(figure); });
}

/// Draws the patients, sorts and evaluates every class of every table, and keeps the replicates as the audit does.
Times time_bootstrap(const Data& data, const SpeedOptions& options) {
  const Clock::time_point begin = Clock::now();
  const PatientResamples resamples(options.patients, options.resamples, kSeed);
  Times times{.drawing = seconds_since(begin)};
  const std::size_t columns = options.tables * options.classes;
  std::vector<float> ap(columns * options.resamples);
  std::vector<float> auroc(ap.size());
  std::vector<Times> parts(columns);
  parallel_for(columns, [&](std::size_t task) {
    const Clock::time_point sorting = Clock::now();
    const WeightedRanking ranking = ranking_of(data, options, task / options.classes, task % options.classes);
    parts[task].sorting = seconds_since(sorting);
    const Clock::time_point evaluating = Clock::now();
    BlockFigures block_ap{};
    BlockFigures block_auroc{};
    for (std::size_t block = 0; block < resamples.blocks(); ++block) {
      ranking.evaluate(resamples, block, block_ap, block_auroc);
      const std::size_t first = block * PatientResamples::kLanes;
      const std::size_t lanes = std::min(PatientResamples::kLanes, options.resamples - first);
      keep(block_ap, std::span(ap).subspan(task * options.resamples + first, lanes));
      keep(block_auroc, std::span(auroc).subspan(task * options.resamples + first, lanes));
    }
    parts[task].evaluating = seconds_since(evaluating);
  });
  for (const Times& part : parts) {
    times.sorting += part.sorting;
    times.evaluating += part.evaluating;
  }
  times.all = seconds_since(begin);
  return times;
}

std::vector<std::uint8_t> weights_of(const PatientResamples& resamples, std::size_t count) {
  std::vector<std::uint8_t> weights;
  for (std::size_t resample = 0; resample < count; ++resample) {
    for (std::size_t patient = 0; patient < resamples.patients(); ++patient) {
      weights.push_back(resamples.weight(resample, patient));
    }
  }
  return weights;
}

/// The first resamples and their figures, in double precision, so that rounding to float hides no difference.
void dump(const Data& data, const SpeedOptions& options) {
  const PatientResamples resamples(options.patients, options.resamples, kSeed);
  std::vector<double> figures(options.tables * options.classes * 2 * options.dumped);
  auto at = figures.begin();
  for (std::size_t table = 0; table < options.tables; ++table) {
    for (std::size_t column = 0; column < options.classes; ++column) {
      const WeightedRanking ranking = ranking_of(data, options, table, column);
      BlockFigures ap{};
      BlockFigures auroc{};
      for (std::size_t resample = 0; resample < options.dumped; ++resample, ++at) {
        const std::size_t lane = resample % PatientResamples::kLanes;
        if (lane == 0) {
          ranking.evaluate(resamples, resample / PatientResamples::kLanes, ap, auroc);
        }
        *at = ap[lane];
        *(at + static_cast<std::ptrdiff_t>(options.dumped)) = auroc[lane];
      }
      at += static_cast<std::ptrdiff_t>(options.dumped);
    }
  }
  write_values(weights_of(resamples, options.dumped), options.weights);
  write_values(figures, options.figures);
}

void run(const SpeedOptions& options) {
  set_thread_count(options.threads);
  const Data data = read_data(options);
  if (options.dumped > 0) {
    dump(data, options);
    return;
  }
  std::vector<double> all;
  std::vector<double> drawing;
  std::vector<double> sorting;
  std::vector<double> evaluating;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    const Times times = time_bootstrap(data, options);
    all.push_back(times.all);
    drawing.push_back(times.drawing);
    sorting.push_back(times.sorting);
    evaluating.push_back(times.evaluating);
  }
  fmt::print(
      "{{\"seconds\": [{:.6f}], \"drawing\": [{:.6f}], \"sorting\": [{:.6f}], \"evaluating\": [{:.6f}], "
      "\"instruction_set\": \"{}\"}}\n",
      fmt::join(all, ", "), fmt::join(drawing, ", "), fmt::join(sorting, ", "), fmt::join(evaluating, ", "),
      instruction_set_name(instruction_set()));
}

int parse_and_run(int argc, char** argv) {
  SpeedOptions options;
  CLI::App program("Times the bootstrap of AP and AUROC over patients", "niwaki_bench_bootstrap");
  program.add_option("--data", options.data, "What bench/bootstrap.py writes")->required();
  program.add_option("--images", options.images)->required();
  program.add_option("--patients", options.patients)->required();
  program.add_option("--classes", options.classes)->required();
  program.add_option("--tables", options.tables)->required();
  program.add_option("--resamples", options.resamples)->capture_default_str();
  program.add_option("--rounds", options.rounds)->capture_default_str();
  program.add_option("--threads", options.threads)->capture_default_str();
  program.add_option("--dump", options.dumped, "Write this many resamples and their figures instead of timing");
  program.add_option("--weights", options.weights, "Where to write the resamples");
  program.add_option("--figures", options.figures, "Where to write the figures");
  CLI11_PARSE(program, argc, argv);
  run(options);
  return 0;
}

}  // namespace
}  // namespace niwaki

int main(int argc, char** argv) {
  return niwaki::exit_code_of([&] { return niwaki::parse_and_run(argc, argv); });
}
