#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "niwaki/cli/cohort_verbs.hpp"
#include "niwaki/cli/label_choice.hpp"
#include "niwaki/cli/options.hpp"
#include "niwaki/cli/picture_options.hpp"
#include "niwaki/cohort/image_source.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/imaging/quality.hpp"

namespace niwaki {
namespace {

struct QualityCommand {
  CommonOptions common;
  LabelChoice label_choice;
  WindowOption window;
  std::string labels, images, out;

  void run() const {
    common.apply();
    check_output(out, {".csv"});
    const Cohort cohort = read_labels(labels, label_choice.options());
    const ImageReadOptions reading = window.read_options();
    const auto source = open_image_files(cohort, images, Preprocessing{}, reading);  // refuses what is missing
    const std::vector<std::filesystem::path> files = source->files();
    std::vector<ImageQuality> measured(files.size());
    parallel_for(files.size(),
                 [&](std::size_t row) { measured[row] = measure_quality(read_image(files[row], reading)); });
    CsvWriter table({"id", "contrast", "noise", "sharpness", "clipping", "border"});
    for (std::size_t row = 0; row < cohort.size(); ++row) {
      const ImageQuality& quality = measured[row];
      table.cell(cohort.records[row].id).cell(quality.contrast).cell(quality.noise).cell(quality.sharpness);
      table.cell(quality.clipping).cell(quality.border).end_row();
    }
    write_file(out, table.text());
    print_line(common, fmt::format("{} images measured; written to {}", cohort.size(), out));
    if (common.json) {
      print_json(nlohmann::ordered_json{{"images", cohort.size()}, {"measures", out}}.dump(2));
    }
  }
};

}  // namespace

void add_cohort_quality(CLI::App& cohort) {
  CLI::App* verb = cohort.add_subcommand("quality", "Contrast, noise, sharpness, clipping and border of every picture");
  const auto command = std::make_shared<QualityCommand>();
  verb->add_option("--labels", command->labels, "Label file: its images are measured")->required();
  command->label_choice.add_to(*verb);
  verb->add_option("--images", command->images, "Folder of pictures")->required();
  command->window.add_to(*verb);
  verb->add_option("--out", command->out, "Where to write id,contrast,noise,sharpness,clipping,border, .csv")
      ->required();
  command->common.add_to(*verb);
  verb->callback([command] { command->run(); });
}

}  // namespace niwaki
