// Times reading of pictures as studies read them; bench/run calls it beside the peers. Says one JSON line: the seconds
// of each round, and the sum of all values, to which the peer's is held.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/heap.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/small_program.hpp"
#include "niwaki/imaging/dicom_image.hpp"
#include "niwaki/imaging/image.hpp"

namespace niwaki {
namespace {

struct DecodeOptions {
  std::string folder;
  std::string way = "whole";
  std::size_t size = 224;
  int rounds = 1;
  int threads = 1;
};

double sum_of(const Image& image) {
  return std::accumulate(image.pixels.begin(), image.pixels.end(), 0.0);
}

/// What one file gives, in bits that a sum can be held to.
double read_one(const std::filesystem::path& path, const DecodeOptions& options, bool summed) {
  if (options.way == "stored") {
    const std::string bytes = read_file(path, std::size_t{1} << 30);
    const StoredPixels stored = decode_dicom(bytes, path.string(), {});
    return stored.bits_at(0, stored.height - 1, stored.width - 1);
  }
  const Image image = options.way == "whole" ? read_image(path) : read_resized(path, 1, options.size, options.size);
  return summed ? sum_of(image) : static_cast<double>(image.pixels.back());
}

std::vector<std::filesystem::path> files_of(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

void run(const DecodeOptions& options) {
  set_thread_count(options.threads);
  const std::vector<std::filesystem::path> files = files_of(options.folder);
  std::vector<double> values(files.size());
  const auto read_all = [&](bool summed) {
    parallel_for(files.size(), [&](std::size_t i) { values[i] = read_one(files[i], options, summed); });
  };
  read_all(true);  // warms up, too
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  std::vector<double> seconds;
  for (int round = 0; round < options.rounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    read_all(false);
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  fmt::print("{{\"seconds\": [{:.6f}], \"sum\": {:.9g}, \"images\": {}}}\n", fmt::join(seconds, ", "), sum,
             files.size());
}

int parse_and_run(int argc, char** argv) {
  keep_freed_memory();  // as the program does
  DecodeOptions options;
  CLI::App program("Times reading of pictures", "niwaki_bench_decode");
  program.add_option("--folder", options.folder)->required();
  program.add_option("--way", options.way, "stored (DICOM's samples as they lie), whole, or resized")
      ->check(CLI::IsMember({"stored", "whole", "resized"}))
      ->capture_default_str();
  program.add_option("--size", options.size)->capture_default_str();
  program.add_option("--rounds", options.rounds)->capture_default_str();
  program.add_option("--threads", options.threads)->capture_default_str();
  CLI11_PARSE(program, argc, argv);
  run(options);
  return 0;
}

}  // namespace
}  // namespace niwaki

int main(int argc, char** argv) {
  return niwaki::exit_code_of([&] { return niwaki::parse_and_run(argc, argv); });
}
