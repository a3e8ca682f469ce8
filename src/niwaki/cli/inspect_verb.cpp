#include <filesystem>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "niwaki/cli/options.hpp"
#include "niwaki/cli/sparsity_table.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/cohort/labels.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/model/normalisation.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/scores/table.hpp"
#include "niwaki/study/store.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct InspectCommand {
  CommonOptions common;
  std::string file;

  void run() const {
    common.apply();
    if (!fs::exists(file)) {
      throw InputError("no such file or folder", file, "check the path");
    }
    if (fs::is_directory(file)) {
      inspect_study();
    } else if (file.ends_with(".onnx") || file.ends_with(".onnx.zst")) {
      inspect_model();
    } else if (file.ends_with(".npy") || file.ends_with(".npz")) {
      inspect_scores();
    } else {
      inspect_labels();
    }
  }

 private:
  void inspect_model() const {
    const Graph graph = read_onnx(file);
    const SparsityReport report = measure_sparsity(graph);
    Json document = {{"nodes", graph.nodes.size()}, {"parameters", parameter_count(graph)}};
    document.update(sparsity_json(report));
    document["bytes"] = fs::file_size(file);
    document["classes"] = graph.classes;
    document["normalisation"] = name_of(normalisation_of(graph));
    if (common.json) {
      print_json(document.dump(2, ' ', false, Json::error_handler_t::replace));
      return;
    }
    print_sparsity_table(report);
    fmt::print("{} nodes, {} parameters, {} bytes\n", graph.nodes.size(), parameter_count(graph), fs::file_size(file));
    fmt::print("classes: {}\n",
               graph.classes.empty() ? "not named" : fmt::format("{}", fmt::join(graph.classes, ", ")));
    fmt::print("batch normalisation: {}\n", name_of(normalisation_of(graph)));
    if (!graph.preprocessing) {
      fmt::print("how pictures become its input: not said; `niwaki predict --images` asks for it\n");
    }
  }

  void inspect_scores() const {
    const ScoreTable table = read_scores(file, {.logits = true});
    print_line(common, fmt::format("scores: {} images x {} classes", table.images, table.classes));
    if (common.json) {
      print_json(Json{{"images", table.images}, {"classes", table.classes}}.dump(2));
    }
  }

  void inspect_labels() const {
    const Cohort cohort = read_labels(file);
    const std::vector<std::size_t> positives = cohort.positives();
    const std::vector<std::size_t> unknown = cohort.unknowns();
    Json classes = Json::array();
    for (std::size_t i = 0; i < positives.size(); ++i) {
      classes.push_back({{"name", cohort.classes[i]}, {"positives", positives[i]}, {"unknown", unknown[i]}});
      print_line(common, fmt::format("{:<32}{:>8} positive{:>8} unknown", cohort.classes[i], positives[i], unknown[i]));
    }
    print_line(common, fmt::format("{} images of {} patients", cohort.size(), cohort.patients()));
    if (common.json) {
      const Json document = {{"images", cohort.size()}, {"patients", cohort.patients()}, {"classes", classes}};
      print_json(document.dump(2, ' ', false, Json::error_handler_t::replace));
    }
  }

  void inspect_study() const {
    const std::vector<UnitRecord> units = read_study_records(file);
    std::map<std::string, std::size_t> by_status;
    double seconds = 0;
    Json list = Json::array();
    for (const UnitRecord& unit : units) {
      ++by_status[unit.status];
      seconds += unit.seconds;
      list.push_back({{"id", unit.id}, {"status", unit.status}, {"started", unit.started}, {"seconds", unit.seconds}});
    }
    for (const auto& [status, count] : by_status) {
      print_line(common, fmt::format("{} units {}", count, status));
    }
    print_line(common, fmt::format("{} of work", format_duration(std::chrono::duration<double>(seconds))));
    if (common.json) {
      print_json(Json{{"units", list}, {"seconds", seconds}}.dump(2));
    }
  }
};

}  // namespace

void add_inspect_verb(CLI::App& program) {
  CLI::App* verb = program.add_subcommand("inspect", "What a model, score table, label file or study folder holds");
  const auto command = std::make_shared<InspectCommand>();
  verb->add_option("file", command->file, "The file or folder")->required();
  command->common.add_to(*verb);
  verb->callback([command] { command->run(); });
}

}  // namespace niwaki
