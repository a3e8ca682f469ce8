#include "niwaki/audit/guard/guarded_tables.hpp"

#include <algorithm>
#include <cmath>

#include "niwaki/audit/guard/deferral.hpp"
#include "niwaki/audit/guard/guarded_classes.hpp"
#include "niwaki/cohort/labels.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/scores/grid.hpp"
#include "niwaki/scores/table.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

/// Writes the tables of one part and their manifest.
class TableWriter {
 public:
  TableWriter(const GuardData& data, const GuardPart& part, fs::path folder)
      : data_(data), part_(part), folder_(std::move(folder)) {}

  void add(const std::string& method, double sparsity, const std::string& name,
           const std::vector<std::vector<float>>& tables) {
    make_folder(folder_ / name);
    for (std::size_t seed = 0; seed < tables.size(); ++seed) {
      const std::string path = fmt::format("{}/seed-{}.npy", name, data_.seeds[seed]);
      write_npy(folder_ / path, {part_.cohort.size(), part_.cohort.classes.size()}, tables[seed]);
      grid_.entries.push_back({method, data_.seeds[seed], sparsity, path});
    }
  }

  void finish() const { write_grid(grid_, folder_ / "scores.csv"); }

 private:
  const GuardData& data_;
  const GuardPart& part_;
  fs::path folder_;
  ScoreGrid grid_;
};

void write_part(const GuardData& data, const GuardPart& part, const GuardImages& images, const GuardResult& result,
                const fs::path& folder) {
  TableWriter writer(data, part, folder);
  std::vector<std::vector<float>> dense;
  std::vector<std::vector<float>> pruned;
  for (const GuardTables& tables : part.seeds) {
    dense.push_back(tables.dense);
    pruned.push_back(tables.pruned);
  }
  writer.add(result.method, 0.0, "dense", dense);
  writer.add(result.method, result.sparsity, "pruned", pruned);
  const auto chosen = std::ranges::find(result.signals, result.options.signal, &SignalResult::name);
  const auto column = static_cast<std::size_t>(chosen - result.signals.begin());
  for (const DeferralPoint& point : chosen->points) {
    const std::vector<std::vector<char>> deferred = deferred_images(images, column, point);
    std::vector<std::vector<float>> guarded;
    for (std::size_t seed = 0; seed < part.seeds.size(); ++seed) {
      guarded.push_back(guarded_scores(part.seeds[seed], images.kept[seed], deferred[seed]));
    }
    const std::string name = guard_rate_name(point.rate);
    writer.add(result.method + "@" + name, result.sparsity, name, guarded);
  }
  writer.finish();
}

}  // namespace

std::string guard_rate_name(double rate) {
  const bool two_decimals = std::abs(rate * 100 - std::round(rate * 100)) < 1e-9;
  return two_decimals ? fmt::format("guard-{:.2f}", rate) : fmt::format("guard-{}", shortest(rate));
}

void write_guarded_tables(const GuardData& data, const GuardResult& result, const fs::path& folder) {
  make_folder(folder);
  write_labels(data.test.cohort, folder / "labels.csv");
  write_part(data, data.test, result.test, result, folder / "scores");
  if (data.divided) {
    write_labels(data.calibration.cohort, folder / "calibration-labels.csv");
    write_part(data, data.calibration, result.calibration, result, folder / "calibration-scores");
  }
}

}  // namespace niwaki
