#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/report/guard_report.hpp"

namespace niwaki {
namespace {

void add(CsvWriter& table, const Figure& value, const FigureInterval& interval) {
  table.cell(value);
  table.cell(interval ? Figure(interval->low) : std::nullopt).cell(interval ? Figure(interval->high) : std::nullopt);
}

/// `name`, `name`_low, `name`_high of each.
std::vector<std::string> with_ends(std::vector<std::string> header, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    header.insert(header.end(), {name, name + "_low", name + "_high"});
  }
  return header;
}

std::string signal_table(const GuardResult& result) {
  CsvWriter table(with_ends({"signal", "rate", "calibration_deferred"},
                            {"deferred", "exemplars", "exemplars_of_seed", "changed_calls", "milliseconds", "speed"}));
  for (const SignalResult& signal : result.signals) {
    for (const DeferralPoint& point : signal.points) {
      double calibration = 0.0;
      for (const double share : point.calibration) {
        calibration += share / static_cast<double>(point.calibration.size());
      }
      table.cell(signal.name).cell(point.rate).cell(calibration);
      for (const SeedFigure* figure : {&point.deferred, &point.exemplars, &point.exemplars_of_seed,
                                       &point.changed_calls, &point.milliseconds, &point.speed}) {
        add(table, figure->mean, figure->interval);
      }
      table.end_row();
    }
  }
  return table.text();
}

std::string class_table(const GuardResult& result) {
  std::vector<std::string> header = with_ends({"class", "positives", "positive_patients", "figure", "rate"},
                                              {"dense", "pruned", "guarded", "gain", "gap"});
  header.emplace_back("verdict");
  CsvWriter table(header);
  for (const GuardedClass& of : result.guarded) {
    const bool macro = &of == &result.guarded.back();
    for (std::size_t figure = 0; figure < (macro ? 1 : kGuardedFigures.size()); ++figure) {
      for (std::size_t rate = 0; rate < of.guarded.size(); ++rate) {
        const RestoredFigure& guarded = of.guarded[rate][figure];
        table.cell(of.name).cell(of.positives).cell(of.positive_patients);
        table.cell(kGuardedFigures[figure]).cell(rate == 0 ? 0.0 : result.options.rates[rate - 1]);
        add(table, of.dense[figure], of.dense_interval[figure]);
        add(table, of.pruned[figure], of.pruned_interval[figure]);
        add(table, guarded.value, guarded.interval);
        add(table, guarded.gain, guarded.gain_interval);
        add(table, guarded.gap, guarded.gap_interval);
        table.cell(restored_verdict_name(guarded.verdict)).end_row();
      }
    }
  }
  return table.text();
}

void add_images(CsvWriter& table, const char* part, const GuardResult& result, const GuardImages& images,
                const Cohort& cohort) {
  for (std::size_t seed = 0; seed < result.seeds.size(); ++seed) {
    for (std::size_t row = 0; row < cohort.size(); ++row) {
      table.cell(part).cell(std::size_t{result.seeds[seed]}).cell(cohort.records[row].id);
      for (const char flag : {images.exemplar[row], images.exemplar_of_seed[seed][row], images.changed[seed][row]}) {
        table.cell(static_cast<int>(flag));
      }
      for (const double value : images.signals[seed].view().row(row)) {
        table.cell(value);
      }
      table.end_row();
    }
  }
}

std::string image_table(const GuardResult& result, const GuardData& data) {
  std::vector<std::string> header = {"part", "seed", "id", "exemplar", "exemplar_of_seed", "changed_calls"};
  for (const SignalResult& signal : result.signals) {
    header.push_back(signal.name);
  }
  CsvWriter table(header);
  add_images(table, "calibration", result, result.calibration, data.calibration.cohort);
  add_images(table, "test", result, result.test, data.test.cohort);
  return table.text();
}

}  // namespace

void write_guard(const GuardResult& result, const GuardData& data, const std::filesystem::path& folder) {
  make_folder(folder);
  const std::vector<FileToWrite> files = {{folder / "images.csv", [&] { return image_table(result, data); }},
                                          {folder / "classes.csv", [&] { return class_table(result); }},
                                          {folder / "guard.csv", [&] { return signal_table(result); }},
                                          {folder / "guard.json", [&] { return guard_json(result) + "\n"; }}};
  write_files(files);
}

}  // namespace niwaki
