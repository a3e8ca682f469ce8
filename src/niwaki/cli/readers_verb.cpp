#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "niwaki/audit/readers/analysis.hpp"
#include "niwaki/audit/readers/exemplar_list.hpp"
#include "niwaki/audit/readers/reading_files.hpp"
#include "niwaki/audit/readers/reading_round.hpp"
#include "niwaki/audit/readers/readings.hpp"
#include "niwaki/cli/label_choice.hpp"
#include "niwaki/cli/options.hpp"
#include "niwaki/cli/readings_text.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/cohort/labels.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/log.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/report/readers_report.hpp"

namespace niwaki {
namespace {

struct SampleCommand {
  CommonOptions common;
  std::string exemplars, labels, out, method;
  LabelChoice label_choice;
  std::string readers = "1";
  std::string match = "none";
  std::optional<double> sparsity;
  bool any_image_of_a_patient = false;
  SampleOptions options;
  ReadingFileOptions files;

  void run() {
    common.apply();
    options.seed = common.seed.value_or(options.seed);
    options.readers = parse_readers(readers);
    options.match = parse_match(match);
    options.one_image_a_patient = !any_image_of_a_patient;
    const Cohort cohort = read_labels(labels, label_choice.options());
    const ExemplarList list = read_exemplar_list(exemplars, method, sparsity);
    const ReadingRound round = draw_reading_round(cohort, list, options);
    write_reading_round(round, cohort, files, out);
    tell(list, round);
  }

 private:
  void tell(const ExemplarList& list, const ReadingRound& round) const {
    const std::size_t images = round.key.size() - options.repeats * (options.separate ? options.readers.size() : 1);
    const std::size_t showings = round.lists.front().entries.size();
    print_line(common, fmt::format("{} exemplars of {} and {} others for {} reader{}, {} showings each; written to {}",
                                   images / 2, list.name(), images / 2, round.lists.size(),
                                   round.lists.size() == 1 ? "" : "s", showings, out));
    print_line(common, "keep key.csv from the readers");
    if (files.images.empty()) {
      log_note(
          "the lists name pictures as the label file does, so readers can tell repeats: --images copies them under "
          "opaque names");
    }
    if (common.json) {
      print_json(nlohmann::ordered_json{{"method", list.method},
                                        {"sparsity", list.sparsity},
                                        {"exemplars", images / 2},
                                        {"others", images / 2},
                                        {"readers", options.readers},
                                        {"showings_a_reader", showings},
                                        {"key", (std::filesystem::path(out) / "key.csv").string()}}
                     .dump(2));
    }
  }
};

struct AnalyseCommand {
  CommonOptions common;
  std::string key, out;
  std::vector<std::string> readings, readers;
  std::array<std::string, kQuestions.size()> columns;

  void run() const {
    common.apply();
    if (!readers.empty() && readers.size() != readings.size()) {
      throw UsageError(fmt::format("{} names for {} files", readers.size(), readings.size()), "--reader",
                       "give one for each file of --readings, in that order, or none");
    }
    std::vector<Reading> all;
    for (std::size_t file = 0; file < readings.size(); ++file) {
      const std::vector<Reading> of_file =
          read_readings(readings[file], {readers.empty() ? "" : readers[file], columns});
      all.insert(all.end(), of_file.begin(), of_file.end());
    }
    const ReadingAnalysis result = analyse_readings(read_key(key), all, common.seed.value_or(1));
    write_readers(result, out);
    if (common.json) {
      print_json(readers_json(result));
      return;
    }
    fmt::print("{}written to {}\n", readings_text(result), out);
  }
};

void add_sample(CLI::App& verb) {
  const auto command = std::make_shared<SampleCommand>();
  CLI::App* sample = verb.add_subcommand("sample", "Draw a blinded reading list of exemplars and others");
  sample->add_option("--exemplars", command->exemplars, "exemplars.csv of an audit")->required();
  sample->add_option("--labels", command->labels, "Label file of the audited images")->required();
  command->label_choice.add_to(*sample);
  sample->add_option("--method", command->method, "Whose exemplars, where the file lists several methods");
  sample->add_option("--sparsity", command->sparsity, "At which sparsity, where the file lists several");
  sample->add_option("--images-per-group", command->options.images_per_group, "Exemplars, and as many others")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  sample->add_option("--readers", command->readers, "How many, or their names: Ada,Ben")->capture_default_str();
  sample->add_flag("--separate", command->options.separate, "Every reader reads images of their own");
  sample->add_option("--repeats", command->options.repeats, "Images shown to each reader twice")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  sample->add_option("--match", command->match, "What others share with exemplars: none, findings, labels")
      ->capture_default_str();
  sample->add_flag("--any-image-of-a-patient", command->any_image_of_a_patient,
                   "A patient may be there more than once");
  sample->add_option("--images", command->files.images, "Folder of pictures, copied under opaque names");
  sample->add_flag("--via", command->files.via, "Projects for VGG Image Annotator too (with --images)");
  sample->add_option("--out", command->out, "Folder for the key and the lists")->required();
  command->common.add_to(*sample);
  sample->callback([command] { command->run(); });
}

void add_analyse(CLI::App& verb) {
  const auto command = std::make_shared<AnalyseCommand>();
  CLI::App* analyse = verb.add_subcommand("analyse", "What the readings say of exemplars and others");
  analyse->add_option("--key", command->key, "key.csv of the reading round")->required();
  analyse->add_option("--readings", command->readings, "Lists filled in, or CSV exports of VGG Image Annotator")
      ->required();
  analyse->add_option("--reader", command->readers, "Whose each file is, where neither it nor its name says so");
  for (std::size_t question = 0; question < kQuestions.size(); ++question) {
    analyse->add_option(fmt::format("--{}", kQuestions[question].column), command->columns[question],
                        fmt::format("Column or attribute that answers: {}", kQuestions[question].published));
  }
  analyse->add_option("--out", command->out, "Folder for readers.json and the tables")->required();
  command->common.add_to(*analyse);
  analyse->callback([command] { command->run(); });
}

}  // namespace

void add_readers_verb(CLI::App& program) {
  CLI::App* verb = program.add_subcommand("readers", "Have people read exemplars and others, blinded");
  verb->require_subcommand(1);
  add_sample(*verb);
  add_analyse(*verb);
}

}  // namespace niwaki
