#include <array>
#include <filesystem>
#include <memory>
#include <set>
#include <utility>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "niwaki/cli/label_choice.hpp"
#include "niwaki/cli/options.hpp"
#include "niwaki/cli/picture_options.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/cohort/labels.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/explain/explain.hpp"
#include "niwaki/explain/explain_files.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/study/exemplar_explanation.hpp"
#include "niwaki/study/own_model/description.hpp"

namespace niwaki {
namespace {

std::string shown(const Estimate& estimate) {
  if (!estimate.value) {
    return "insufficient evidence";
  }
  return estimate.interval
             ? fmt::format("{:.3f} [{:.3f}, {:.3f}]", *estimate.value, estimate.interval->low, estimate.interval->high)
             : fmt::format("{:.3f}", *estimate.value);
}

/// What a study says itself.
constexpr std::array kNotOfStudies = {
    "--model",  "--against", "--labels", "--label-format", "--uncertain", "--blank", "--images", "--class-map",
    "--window", "--size",    "--mean",   "--deviation",    "--class",     "--boxes", "--out",    "--tolerance"};
constexpr std::array kNeededElse = {"--model", "--labels", "--images", "--out"};

struct ExplainCommand {
  CommonOptions common;
  std::string study, pruned;
  std::string model;
  std::vector<std::string> against;
  std::string labels;
  LabelChoice label_choice;
  std::string images;
  PictureOptions pictures;
  std::string method = "grad-cam";
  std::string engine = "auto";
  std::string boxes;
  std::string out;
  std::size_t overlays = 24;
  ExplainOptions options;

  void run(const CLI::App& verb) {
    common.apply();
    check_together(verb);
    // What a page shows must not be flat where it can be helped (docs/explain.md).
    const bool by_occlusion = !study.empty() && verb.count("--method") == 0 && options.maps.layer.empty();
    options.maps.method = by_occlusion ? MapMethod::kOcclusion : parse_map_method(method);
    options.maps.engine = parse_engine_kind(engine);
    options.reading = pictures.window.read_options();
    options.estimates.seed = common.seed.value_or(options.estimates.seed);
    options.check();
    if (study.empty()) {
      run_files();
    } else {
      run_exemplars();
    }
  }

 private:
  void check_together(const CLI::App& verb) const {
    for (const char* const option : kNotOfStudies) {
      if (!study.empty() && verb.count(option) > 0) {
        throw UsageError(fmt::format("{} does not go with --study", option), "--study",
                         "leave it out: networks, images and classes are the study's own");
      }
    }
    for (const char* const option : kNeededElse) {
      if (study.empty() && verb.count(option) == 0) {
        throw UsageError(fmt::format("{} is missing", option), "niwaki explain",
                         "give --model, --labels, --images and --out, or a study's folder by --study");
      }
    }
    if (study.empty() && !pruned.empty()) {
      throw UsageError("--pruned is of a study", "--pruned", "name the study by --study, or the network by --against");
    }
  }

  void run_files() {
    const std::vector<NamedNetwork> networks = read_networks();
    const Preprocessing preprocessing = pictures.preprocessing_of(networks.front().graph, networks.front().name);
    for (const NamedNetwork& network : networks) {
      if (pictures.preprocessing_of(network.graph, network.name) != preprocessing) {
        throw InputError(fmt::format("pictures become this network's input otherwise than that of {}", model),
                         network.name, "compare networks of one input, or give --size, --mean and --deviation for all");
      }
    }
    const Cohort cohort = read_labels(labels, label_choice.options());
    const auto progress = common.progress();
    const Explanation explanation = explain(networks, cohort, images, boxes, preprocessing, options, *progress);
    write_explanation(explanation, out, overlays);
    if (common.json) {
      print_json(explanation_json(explanation, pairs_to_draw(explanation, overlays)));
    }
    print_result(explanation);
    print_line(common, fmt::format("Written to {}", out));
  }

  void run_exemplars() const {
    const auto progress = common.progress();
    const std::vector<ExplainedMethod> methods =
        explain_study(study, {.pruned = pruned, .explain = options, .pictures = overlays}, *progress);
    nlohmann::ordered_json documents = nlohmann::ordered_json::object();
    for (const ExplainedMethod& of : methods) {
      documents[of.method] = nlohmann::ordered_json::parse(explanation_json(of.explanation, of.drawn));
      print_line(common,
                 fmt::format("{} at {}: {} exemplars", of.method, shortest(of.sparsity), of.explanation.cohort.size()));
      print_result(of.explanation);
      print_line(common, fmt::format("Written to {}", of.folder.string()));
    }
    if (common.json) {
      print_json(documents.dump(2));
    }
    print_line(common, fmt::format("Exemplars are the images that changed most; these figures are of them alone. "
                                   "niwaki report {} shows the maps",
                                   study));
  }

  [[nodiscard]] std::vector<NamedNetwork> read_networks() const {
    std::vector<NamedNetwork> networks = {read_network(model)};
    std::set<std::string> names = {model};
    for (const std::string& path : against) {
      if (!names.insert(path).second) {
        throw UsageError("a network is given twice", path, "name each network once");
      }
      networks.push_back(read_network(path));
    }
    return networks;
  }

  /// With what a side-car says of it.
  [[nodiscard]] NamedNetwork read_network(const std::string& path) const {
    Graph graph = read_onnx(path);
    const std::filesystem::path side_car = side_car_path(path);
    if (std::filesystem::exists(side_car)) {
      const ModelDescription description = combined(pictures.description(), read_side_car(side_car));
      graph = described_model(std::move(graph), description, path).graph;
    }
    return {path, std::move(graph)};
  }

  void print_result(const Explanation& explanation) const {
    std::vector<std::string> few;
    for (const ExplainSummary& summary : explanation.summaries) {
      if (!summary.name.empty() && summary.patients < options.estimates.minimum_patients) {
        few.push_back(fmt::format("{} ({} maps, {} patients)", summary.name, summary.maps, summary.patients));
        continue;
      }
      print_summary(explanation, summary);
    }
    if (!few.empty()) {
      print_line(common, fmt::format("Insufficient evidence, fewer than {} patients: {}",
                                     options.estimates.minimum_patients, joined(few, ", ")));
    }
    if (explanation.boxed && explanation.boxes_without_image + explanation.boxes_without_class > 0) {
      print_line(common, fmt::format("Boxes left out: {} of images that the label file does not list, {} of findings "
                                     "that the network does not know",
                                     explanation.boxes_without_image, explanation.boxes_without_class));
    }
  }

  void print_summary(const Explanation& explanation, const ExplainSummary& summary) const {
    std::string line = fmt::format("{}: {} maps of {} patients", summary.name.empty() ? "All" : summary.name,
                                   summary.maps, summary.patients);
    if (summary.by_chance && summary.centre) {
      line += fmt::format("; a map that points anywhere would hit {:.3f}, the middle of the picture hits {:.3f}",
                          *summary.by_chance, *summary.centre);
    }
    print_line(common, line);
    const std::vector<std::string> names = short_names(explanation);
    for (std::size_t number = 0; number < summary.networks.size(); ++number) {
      print_line(common,
                 fmt::format("  {}: {}", names[number], line_of(summary.networks[number], summary.name.empty())));
    }
  }

  [[nodiscard]] static std::string line_of(const NetworkSummary& summary, bool pooled) {
    std::string line = fmt::format("{} flat", summary.flat);
    if (summary.moved) {
      line += fmt::format("; rank correlation with the first {} of {} maps", shown(summary.moved->correlation),
                          summary.moved->compared);
    }
    if (summary.pointing) {
      line += fmt::format("; {} of {} hit, rate {}", summary.pointing->hits, summary.pointing->trials,
                          shown(summary.pointing->rate.share));
    }
    if (summary.change) {
      line += fmt::format("; change {}", shown(summary.change->difference));
      const std::string verdict = change_verdict(*summary.change, pooled ? summary.change->p : summary.holm);
      line += summary.change->difference.value ? ", " + verdict : "";
    }
    return line;
  }
};

}  // namespace

void add_explain_verb(CLI::App& program) {
  CLI::App* verb =
      program.add_subcommand("explain", "Shows what in a picture speaks for a class, before and after pruning");
  const auto command = std::make_shared<ExplainCommand>();
  verb->add_option("--model", command->model, "ONNX network (.onnx or .onnx.zst), such as the dense one");
  verb->add_option("--study", command->study,
                   "Instead: a finished study's folder, whose page's exemplars are explained into its explain/");
  verb->add_option("--pruned", command->pruned, "Of a study: this method's exemplars alone");
  verb->add_option("--against", command->against, "Networks to compare with it, such as pruned ones");
  verb->add_option("--labels", command->labels, "Label file: its images are explained");
  command->label_choice.add_to(*verb);
  verb->add_option("--images", command->images, "Folder of pictures");
  command->pictures.add_to(*verb);
  verb->add_option("--class", command->options.classes,
                   "Explain this class in every image, may be repeated (else: what an image is labelled with)");
  verb->add_option("--method", command->method,
                   "grad-cam or occlusion (of a study: occlusion, unless this or --layer is given)")
      ->capture_default_str();
  verb->add_option("--layer", command->options.maps.layer,
                   "Grad-CAM: the node whose output is weighed (else: the last one that has places)");
  verb->add_option("--patch", command->options.maps.patch,
                   "Occlusion: pixels a side of the network's input (0: an eighth of the shorter side)")
      ->capture_default_str();
  verb->add_option("--stride", command->options.maps.stride, "Occlusion: pixels between patches (0: half a patch)")
      ->capture_default_str();
  verb->add_option("--boxes", command->boxes,
                   "Boxes of findings (NIH's BBox_List_2017.csv, or ours): what is boxed is explained");
  verb->add_option("--tolerance", command->options.tolerance,
                   "Pointing game: pixels by which a map may miss a box, where boxes were measured")
      ->capture_default_str();
  verb->add_option("--top-share", command->options.top_share, "Share of the cells whose overlap is told")
      ->capture_default_str();
  verb->add_option("--pictures", command->overlays, "Overlays to draw, those that moved most first")
      ->capture_default_str();
  verb->add_option("--bootstrap", command->options.estimates.resamples, "Resamples of the patients, for intervals")
      ->capture_default_str();
  verb->add_option("--minimum-patients", command->options.estimates.minimum_patients,
                   "Below, nothing is said of a class")
      ->capture_default_str();
  verb->add_option("--engine", command->engine, "Occlusion: auto, dense, sparse or reference")->capture_default_str();
  verb->add_option("--out", command->out, "Folder for explain.json, maps.csv, maps/ and pictures/");
  command->common.add_to(*verb);
  verb->callback([command, verb] { command->run(*verb); });
}

}  // namespace niwaki
