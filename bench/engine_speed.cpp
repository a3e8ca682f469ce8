// Runs a network by Niwaki's engine, as often as it is asked to on its standard input, so that bench/engine.py lets
// several programs take turns without loading anything anew. The program behind `make bench`, subject `engine`.
//
//   niwaki_bench_engine --model M.onnx --engine auto --threads 2 --input PICTURES.f32 --shape 32 3 224 224
//
// Reads lines "BATCH RUNS", answers each with {"milliseconds": [of each run], "logits": [of the first picture]}. The
// first line of a batch warms up.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/heap.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/small_program.hpp"
#include "niwaki/engine/engine.hpp"
#include "niwaki/model/onnx.hpp"

namespace niwaki {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string model;
  std::string engine = "auto";
  std::string input;  // float32, of shape
  std::vector<std::int64_t> shape;
  int threads = 2;
  int warming_runs = 2;  // of each new batch
};

double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

std::vector<float> read_pictures(const Options& options) {
  std::size_t count = 1;
  for (const std::int64_t length : options.shape) {
    count *= static_cast<std::size_t>(length);
  }
  std::vector<float> pictures(count);
  std::ifstream file(options.input, std::ios::binary);
  file.read(reinterpret_cast<char*>(pictures.data()), static_cast<std::streamsize>(count * sizeof(float)));
  if (!file) {
    throw InputError("too few numbers", options.input, "give float32 of the shape");
  }
  return pictures;
}

void answer(const Engine& engine, std::span<const float> pictures, const Options& options) {
  const Shape& shape = options.shape;
  const std::size_t picture = pictures.size() / static_cast<std::size_t>(shape[0]);
  std::set<std::int64_t> warm;
  std::int64_t batch = 0;
  int runs = 0;
  while (std::cin >> batch >> runs) {
    if (batch < 1 || batch > shape[0]) {
      throw InputError(fmt::format("a batch of {}", batch), "standard input", "give 1 to that of --shape");
    }
    Shape part = shape;
    part[0] = batch;
    const std::span<const float> images = pictures.first(picture * static_cast<std::size_t>(batch));
    std::vector<float> logits;
    for (int run = 0; run < options.warming_runs && !warm.contains(batch); ++run) {
      logits = engine.logits(images, part);
    }
    warm.insert(batch);
    std::vector<double> times;
    for (int run = 0; run < runs; ++run) {
      const auto begin = Clock::now();
      logits = engine.logits(images, part);
      times.push_back(milliseconds_since(begin));
    }
    logits.resize(std::min(logits.size(), engine.classes()));
    fmt::print("{{\"milliseconds\": [{:.4f}], \"logits\": [{}]}}\n", fmt::join(times, ", "), fmt::join(logits, ", "));
    std::fflush(stdout);
  }
}

int parse_and_run(int argc, char** argv) {
  keep_freed_memory();  // as the program does; bench/engine.py sets GOMP_SPINCOUNT.
  Options options;
  CLI::App program("Runs a network by the engine, whenever asked", "niwaki_bench_engine");
  program.add_option("--model", options.model)->required();
  program.add_option("--engine", options.engine)->capture_default_str();
  program.add_option("--threads", options.threads)->capture_default_str();
  program.add_option("--warming-runs", options.warming_runs, "of each new batch")->capture_default_str();
  program.add_option("--input", options.input, "float32")->required();
  program.add_option("--shape", options.shape, "of the input: IMAGES CHANNELS HEIGHT WIDTH")->required()->expected(4);
  CLI11_PARSE(program, argc, argv);
  set_thread_count(options.threads);
  const std::vector<float> pictures = read_pictures(options);
  const Engine engine(read_onnx(options.model), {.kind = parse_engine_kind(options.engine)});
  answer(engine, pictures, options);
  return 0;
}

}  // namespace
}  // namespace niwaki

int main(int argc, char** argv) {
  return niwaki::exit_code_of([&] { return niwaki::parse_and_run(argc, argv); });
}
