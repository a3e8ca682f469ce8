#include <memory>

#include <CLI/CLI.hpp>

#include "niwaki/cli/cohort_verbs.hpp"
#include "niwaki/cli/options.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/cohort/phantom/phantom.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

struct PhantomCommand {
  CommonOptions common;
  PhantomOptions options;
  std::string out;

  void run() {
    common.apply();
    options.seed = common.seed.value_or(options.seed);
    options.check();
    const auto progress = common.progress();
    const Phantom phantom(options);
    write_phantom(phantom, out, *progress);
    const Cohort& cohort = phantom.cohort();
    print_line(common, fmt::format("{} images of {} patients, {} classes; written to {}", cohort.size(),
                                   cohort.patients(), cohort.classes.size(), out));
    if (common.json) {
      print_json(fmt::format("{{\"images\": {}, \"patients\": {}, \"classes\": {}}}", cohort.size(), cohort.patients(),
                             cohort.classes.size()));
    }
  }
};

}  // namespace

void add_cohort_verb(CLI::App& program) {
  CLI::App* verb = program.add_subcommand("cohort", "Check, convert or describe a data set, or draw a phantom cohort");
  verb->require_subcommand(1);
  add_cohort_check(*verb);
  add_cohort_convert(*verb);
  add_cohort_describe(*verb);
  add_cohort_quality(*verb);
  CLI::App* phantom = verb->add_subcommand("phantom", "Draw chest X-ray-like pictures whose truth is known");
  const auto command = std::make_shared<PhantomCommand>();
  phantom->add_option("--images", command->options.images, "Pictures")->capture_default_str();
  phantom->add_option("--size", command->options.size, "Pixels a side")->capture_default_str();
  phantom->add_option("--sites", command->options.sites, "Hospitals")->capture_default_str();
  phantom->add_option("--images-per-patient", command->options.images_per_patient, "Mean number")
      ->capture_default_str();
  phantom->add_option("--label-noise", command->options.label_noise, "Share of labels flipped")->capture_default_str();
  phantom->add_option("--tail-floor", command->options.tail_floor, "No finding is rarer than this share")
      ->capture_default_str();
  phantom->add_option("--out", command->out, "Folder for images/, labels.csv, boxes.csv and truth.csv")->required();
  command->common.add_to(*phantom);
  phantom->callback([command] { command->run(); });
}

}  // namespace niwaki
