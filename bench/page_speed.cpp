// How long the report's page takes to make after the audit, and how large it is: the audit of a folder that
// bench/page.py wrote, with thumbnails of drawn X-rays and three attention maps over each. bench/page_open.mjs then
// opens the page.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "niwaki/audit/audit.hpp"
#include "niwaki/cohort/labels.hpp"
#include "niwaki/cohort/phantom/phantom.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/core/small_program.hpp"
#include "niwaki/imaging/heat_overlay.hpp"
#include "niwaki/report/report.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

struct SpeedOptions {
  fs::path folder;  // labels.csv and scores/manifest.csv; the page goes here
  std::size_t pictures = 200;
  std::size_t size = 160;  // pixels a side
  std::size_t resamples = 200;
  std::size_t rounds = 3;
  int threads = 2;
};

/// Of the first methods' exemplars, until there are enough.
std::vector<std::string> shown(const AuditResult& result, std::size_t pictures) {
  std::vector<std::string> ids;
  std::set<std::string> seen;
  for (const MethodResult& method : result.methods) {
    for (const Exemplar& exemplar : method.exemplars.exemplars) {
      if (ids.size() < pictures && seen.insert(exemplar.id).second) {
        ids.push_back(exemplar.id);
      }
    }
  }
  return ids;
}

/// Three maps over the picture, as occlusion's are: 15 x 15 cells, any values.
std::vector<ExemplarMap> some_maps(const Image& picture, RandomStream& random) {
  constexpr std::size_t kCells = 15;
  constexpr std::size_t kSide = 64;
  constexpr int kQuality = 60;
  std::vector<ExemplarMap> maps;
  for (int network = 0; network < 3; ++network) {
    Image heat{1, kCells, kCells, std::vector<float>(kCells * kCells)};
    for (float& value : heat.pixels) {
      value = static_cast<float>(random.uniform());
    }
    maps.push_back({.probability = 0.123456789,
                    .flat = false,
                    .correlation = network == 0 ? std::nullopt : std::optional(-0.123456789),
                    .picture = encode_overlay_jpeg(picture, heat, kSide, kQuality)});
  }
  return maps;
}

/// Of each method's exemplars those that are shown.
std::vector<MapsOnPage> maps_of(const AuditResult& result, const std::vector<std::string>& ids,
                                const std::vector<Image>& images) {
  RandomStream random(1, "maps", {});
  std::set<std::string> seen;
  std::vector<MapsOnPage> made;
  for (const MethodResult& method : result.methods) {
    MapsOnPage& of = made.emplace_back();
    of.method = of.maps.method = method.method;
    of.maps.networks.resize(3);
    for (const Exemplar& exemplar : method.exemplars.exemplars) {
      const auto place = std::find(ids.begin(), ids.end(), exemplar.id);
      if (place != ids.end() && seen.insert(exemplar.id).second) {
        of.maps.exemplars.push_back({exemplar.id, result.classes.front().name,
                                     some_maps(images[static_cast<std::size_t>(place - ids.begin())], random)});
      }
    }
  }
  return made;
}

ReportInput input_of(const std::vector<std::string>& ids, const std::vector<Image>& images,
                     const std::vector<MapsOnPage>& maps) {
  ReportInput input;
  input.maps = maps;
  input.title = "A large study";
  for (std::size_t i = 0; i < ids.size(); ++i) {
    input.pictures[ids[i]] = encode_jpeg(images[i], 80);
    input.findings[ids[i]] = {};
  }
  return input;
}

int run(const SpeedOptions& options) {
  set_thread_count(options.threads);
  AuditOptions audited;
  audited.exemplar_fraction = 0.1;
  audited.resamples = options.resamples;
  const AuditResult result = audit(read_labels(options.folder / "labels.csv", {}), {},
                                   read_grid(options.folder / "scores/manifest.csv"), audited);
  const std::vector<std::string> ids = shown(result, options.pictures);
  const Phantom phantom({.images = std::max<std::size_t>(ids.size(), 1), .size = options.size});
  std::vector<Image> images;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    images.push_back(phantom.draw(i));
  }
  const std::vector<MapsOnPage> maps = maps_of(result, ids, images);  // as niwaki explain leaves them
  std::vector<double> seconds;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    const auto began = std::chrono::steady_clock::now();
    write_file(options.folder / "report.html", report_html(result, input_of(ids, images, maps)));
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  }
  std::sort(seconds.begin(), seconds.end());
  fmt::print("{{\"pictures\": {}, \"seconds\": {:.4f}, \"bytes\": {}}}\n", ids.size(), seconds[seconds.size() / 2],
             fs::file_size(options.folder / "report.html"));
  return 0;
}

int parse_and_run(int argc, char** argv) {
  CLI::App app("How long a large study's page takes to make");
  SpeedOptions options;
  app.add_option("folder", options.folder)->required();
  app.add_option("--pictures", options.pictures)->capture_default_str();
  app.add_option("--size", options.size)->capture_default_str();
  app.add_option("--resamples", options.resamples)->capture_default_str();
  app.add_option("--rounds", options.rounds)->capture_default_str();
  app.add_option("--threads", options.threads)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return run(options);
}

}  // namespace
}  // namespace niwaki

int main(int argc, char** argv) {
  return niwaki::exit_code_of([&] { return niwaki::parse_and_run(argc, argv); });
}
