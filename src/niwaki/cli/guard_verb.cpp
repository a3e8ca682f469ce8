#include <array>
#include <filesystem>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>

#include "niwaki/audit/guard/guard.hpp"
#include "niwaki/audit/guard/guarded_tables.hpp"
#include "niwaki/cli/label_choice.hpp"
#include "niwaki/cli/options.hpp"
#include "niwaki/cli/run_times.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/cohort/labels.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/log.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/engine/normal_pictures.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/report/guard_report.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

struct GuardCommand {
  CommonOptions common;
  std::string study;  // its folder, in the place of the files
  std::string labels, scores, calibration_labels, calibration_scores, train_labels, train_counts;
  LabelChoice label_choice;
  std::string dense_model, pruned_model, second_model;
  std::string operating_point = operating_point_text(OperatingPointRule{});
  std::string target = guard_target_name(GuardTarget::kExemplarsOfSeed);
  std::string kept = "foretold";
  std::string times, rates, out;
  std::vector<std::string> features, calibration_features;
  std::string method;
  double sparsity = 0.9;
  std::optional<double> second_sparsity;
  double calibration_share = 0.5;
  bool logits = false;
  GuardOptions options;

  void run() {
    common.apply();
    take_study();
    read_options();
    const GuardData data = read_data();
    options.train_positives = train_positives(data.test.cohort.classes);
    options.times = guard_times();
    const GuardResult result = guard(data, options);
    write_guarded_tables(data, result, out);
    write_guard(result, data, out);
    if (common.json) {
      print_json(guard_json(result));
      return;
    }
    print(result);
  }

 private:
  void take_study() {
    if (study.empty()) {
      if (labels.empty() || scores.empty()) {
        throw UsageError("what to guard is not clear", "niwaki guard",
                         "give a study's folder, or --labels and --scores");
      }
      return;
    }
    if (!labels.empty() || !scores.empty() || !calibration_labels.empty() || !calibration_scores.empty()) {
      throw UsageError("a study and files are given", "niwaki guard", "give one of them");
    }
    const fs::path folder = study;
    if (!fs::exists(folder / "scores/scores.csv")) {
      throw InputError("this is no study with scores", study, "name the --out of a study that is finished");
    }
    labels = (folder / "cohort/test.csv").string();
    scores = (folder / "scores/scores.csv").string();
    calibration_labels = (folder / "cohort/validation.csv").string();
    calibration_scores = (folder / "validation/scores.csv").string();
    if (train_labels.empty() && train_counts.empty()) {
      train_labels = (folder / "cohort/train.csv").string();
    }
  }

  void read_options() {
    options.operating_point = parse_operating_point(operating_point, "--operating-point");
    options.target = parse_guard_target(target);
    if (kept != "foretold" && kept != "pruned") {
      throw UsageError(fmt::format("no scores are called '{}'", kept), "--kept-scores", "choose foretold or pruned");
    }
    options.foretold_scores = kept == "foretold";
    options.seed = common.seed.value_or(options.seed);
    if (!rates.empty()) {
      options.rates = numbers(rates, "--rates");
    }
    options.check();
  }

  static std::vector<double> numbers(const std::string& text, const char* option) {
    std::vector<double> values;
    for (const std::string& part : split(text, ',')) {
      const std::optional<double> value = parse_number(trimmed(part));
      if (!value) {
        throw UsageError(fmt::format("'{}' is no number", part), option, "give numbers with commas between");
      }
      values.push_back(*value);
    }
    return values;
  }

  [[nodiscard]] GuardData read_data() const {
    if (calibration_labels.empty() != calibration_scores.empty()) {
      throw UsageError("a guard learns from labels and scores", "--calibration-labels, --calibration-scores",
                       "give both, or neither to divide the patients");
    }
    GuardSource source{.cohort = read_labels(labels, label_choice.options()), .grid = read_grid(scores)};
    if (!calibration_labels.empty()) {
      source.calibration.emplace(ValidationScores{
          read_labels(calibration_labels, label_choice.options(source.cohort.classes)), read_grid(calibration_scores)});
    }
    source.calibration_share = calibration_share;
    source.method = method;
    source.sparsity = sparsity;
    source.second_sparsity = second_sparsity;
    source.features = features;
    source.calibration_features = calibration_features;
    source.logits = logits;
    source.seed = options.seed;
    return read_guard_data(source);
  }

  [[nodiscard]] std::vector<std::size_t> train_positives(const std::vector<std::string>& classes) const {
    if (!train_counts.empty()) {
      return read_train_counts(train_counts, classes);
    }
    if (!train_labels.empty()) {
      return read_labels(train_labels, label_choice.options(classes)).positives();
    }
    return {};
  }

  [[nodiscard]] std::optional<GuardTimes> guard_times() const {
    if (!times.empty()) {
      const std::vector<double> given = numbers(times, "--times");
      if (given.size() < 2 || given.size() > 3 || (given.size() == 3) != second_sparsity.has_value()) {
        throw UsageError(fmt::format("{} times", given.size()), "--times",
                         second_sparsity ? "give three, in ms an image: dense,pruned,second"
                                         : "give two, in ms an image: dense,pruned");
      }
      return GuardTimes{given[0], given[1], given.size() == 3 ? std::optional(given[2]) : std::nullopt};
    }
    if (dense_model.empty() && pruned_model.empty() && second_model.empty()) {
      return std::nullopt;
    }
    if (dense_model.empty() || pruned_model.empty() || second_model.empty() == second_sparsity.has_value()) {
      throw UsageError("not all of the networks are there to be timed", "--dense-model, --pruned-model, --second-model",
                       "give each that the guard runs, or --times");
    }
    GuardTimes measured{milliseconds(dense_model), milliseconds(pruned_model), {}};
    if (second_sparsity) {
      measured.second = milliseconds(second_model);
    }
    return measured;
  }

  static double milliseconds(const std::string& model) {
    Graph graph = read_onnx(model);
    const Shape shape = timed_input_shape(graph, 1, {}, model);
    const Engine engine(std::move(graph));
    constexpr double kSeconds = 2;
    const std::vector<double> sorted = run_times(engine, normal_pictures(shape), shape, kSeconds);
    return sorted[sorted.size() / 2];
  }

  static std::string share(const SeedFigure& figure) {
    if (!figure.mean) {
      return "-";
    }
    const std::string mean = fmt::format("{:.0f}%", 100 * *figure.mean);
    return figure.interval
               ? fmt::format("{} ({:.0f}-{:.0f})", mean, 100 * figure.interval->low, 100 * figure.interval->high)
               : mean;
  }

  void print(const GuardResult& result) const {
    fmt::print("{} at {}, {} seed{}; learnt on {} images of {} patients, tried on {} images of {} patients\n",
               result.method, shortest(result.sparsity), result.seeds.size(), result.seeds.size() == 1 ? "" : "s",
               result.calibration_images, result.calibration_patients, result.test_images, result.test_patients);
    const auto wanted = std::ranges::min_element(options.rates, {}, [](double rate) { return std::abs(rate - 0.1); });
    const auto at = static_cast<std::size_t>(wanted - options.rates.begin());
    fmt::print("\nSignals, asked to defer {:.3g}% (caught: share of those images that went to the dense network)\n",
               100 * *wanted);
    fmt::print("{:<26}{:>16}{:>20}{:>20}\n", "", "deferred", "exemplars of seed", "exemplars");
    for (const SignalResult& signal : result.signals) {
      const DeferralPoint& point = signal.points[at];
      fmt::print("{:<26}{:>16}{:>20}{:>20}\n",
                 signal.name + (signal.needs == SignalNeeds::kDenseNetwork ? " (no guard)" : ""), share(point.deferred),
                 share(point.exemplars_of_seed), share(point.exemplars));
    }
    print_rates(result);
    fmt::print("\nwritten to {}\n", out);
    if (!result.notes.empty()) {
      log_note(fmt::format("{} note{} in guard.json", result.notes.size(), result.notes.size() == 1 ? "" : "s"));
    }
  }

  void print_rates(const GuardResult& result) const {
    const auto chosen = std::ranges::find(result.signals, options.signal, &SignalResult::name);
    const GuardedClass& macro = result.guarded.back();
    const auto figure = [](const Figure& value) { return value ? fmt::format("{:.3f}", *value) : std::string("-"); };
    fmt::print("\nGuarded by {}: macro AP dense {}, pruned {}, {} scores with nothing deferred {}\n", options.signal,
               figure(macro.dense[0]), figure(macro.pruned[0]), kept, figure(macro.guarded[0][0].value));
    fmt::print("{:<8}{:>16}{:>20}{:>10}{:>16}{:>10}{:>10}\n", "asked", "deferred", "exemplars of seed", "macro AP",
               "classes higher", "ms", "speed");
    for (std::size_t rate = 0; rate < chosen->points.size(); ++rate) {
      const DeferralPoint& point = chosen->points[rate];
      std::size_t higher = 0;
      std::size_t judged = 0;
      for (std::size_t column = 0; column + 1 < result.guarded.size(); ++column) {
        higher += result.guarded[column].guarded[rate + 1][0].verdict == RestoredVerdict::kHigher ? 1 : 0;
        judged += result.guarded[column].enough_patients ? 1 : 0;
      }
      fmt::print("{:<8}{:>16}{:>20}{:>10}{:>16}{:>10}{:>10}\n", fmt::format("{:.3g}%", 100 * point.rate),
                 share(point.deferred), share(point.exemplars_of_seed), figure(macro.guarded[rate + 1][0].value),
                 options.resamples > 0 ? fmt::format("{} of {}", higher, judged) : std::string("-"),
                 figure(point.milliseconds.mean), point.speed.mean ? fmt::format("{:.2f}x", *point.speed.mean) : "-");
    }
  }
};

void add_inputs(CLI::App& verb, GuardCommand& command) {
  verb.add_option("study", command.study, "A study's folder (made with guard.calibrate = true), instead of files");
  verb.add_option("--labels", command.labels, "Label file of the scored images");
  command.label_choice.add_to(verb);
  verb.add_option("--scores", command.scores, "Manifest CSV: method,seed,sparsity,path");
  verb.add_option("--calibration-labels", command.calibration_labels, "Label file of other patients, to learn from");
  verb.add_option("--calibration-scores", command.calibration_scores, "Manifest of their scores, dense and pruned");
  verb.add_option("--calibration-share", command.calibration_share,
                  "Instead: this share of the patients, the rest to be tried on")
      ->capture_default_str();
  verb.add_option("--train-labels", command.train_labels, "Label file of the training images: which classes are rare");
  verb.add_option("--train-counts", command.train_counts, "Instead: CSV class,positives");
  verb.add_option("--method", command.method, "Whose pruned network, where the scores list several");
  verb.add_option("--sparsity", command.sparsity, "Of the pruned network")->capture_default_str();
  verb.add_option("--second-sparsity", command.second_sparsity, "Of a second pruned network to be compared with");
  verb.add_option("--features", command.features, "Features of the pruned networks (niwaki predict), one a seed");
  verb.add_option("--calibration-features", command.calibration_features, "The same of the calibration images");
  verb.add_flag("--logits", command.logits, "The scores are logits");
}

void add_choices(CLI::App& verb, GuardCommand& command) {
  verb.add_option("--rates", command.rates, "Deferral rates (0.01,0.02,0.05,0.1,0.2,0.3)");
  verb.add_option("--signal", command.options.signal, "What the guarded system goes by")->capture_default_str();
  verb.add_option("--kept-scores", command.kept,
                  "What images get that stay: dense scores foretold for them, or the pruned network's own")
      ->capture_default_str();
  verb.add_option("--target", command.target,
                  "What the combination learns: exemplars-of-seed, exemplars or changed-calls")
      ->capture_default_str();
  verb.add_option("--ridge", command.options.ridge, "Of the combination")->capture_default_str();
  verb.add_option("--exemplar-fraction", command.options.exemplar_fraction, "Share of images that are exemplars")
      ->capture_default_str();
  verb.add_option("--operating-point", command.operating_point, "youden, f1, sensitivity=0.9 or specificity=0.95")
      ->capture_default_str();
  verb.add_option("--minimum-patients", command.options.minimum_patients,
                  "Patients with or without a class below which nothing is said of it")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb.add_option("--bootstrap", command.options.resamples, "Resamples of the patients, for intervals; 0: none")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb.add_option("--times", command.times, "Milliseconds an image: dense,pruned or dense,pruned,second");
  verb.add_option("--dense-model", command.dense_model, "Instead: the networks, to be timed here");
  verb.add_option("--pruned-model", command.pruned_model, "As above");
  verb.add_option("--second-model", command.second_model, "As above");
  verb.add_option("--out", command.out, "Folder for guard.json, the tables and the guarded scores")->required();
}

}  // namespace

void add_guard_verb(CLI::App& program) {
  CLI::App* verb = program.add_subcommand(
      "guard", "Which images a pruned network should hand to the dense one, and what that costs");
  const auto command = std::make_shared<GuardCommand>();
  add_inputs(*verb, *command);
  add_choices(*verb, *command);
  command->common.add_to(*verb);
  verb->callback([command] { command->run(); });
}

}  // namespace niwaki
