#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "niwaki/cli/cohort_verbs.hpp"
#include "niwaki/cli/label_choice.hpp"
#include "niwaki/cli/options.hpp"
#include "niwaki/cohort/label_files.hpp"
#include "niwaki/cohort/strata.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

struct ConvertCommand {
  CommonOptions common;
  LabelChoice label_choice;
  std::string labels, to = "niwaki", classes, site_file, site_column, out, strata_out;

  void run() const {
    common.apply();
    check_output(out, {".csv"});
    if (!strata_out.empty()) {
      check_output(strata_out, {".csv"});
    }
    const LabelFormat format = parse_label_format(to);
    Cohort cohort = read_labels(labels, label_choice.options(chosen_classes()));
    if (!site_column.empty()) {
      const StrataColumns site = read_strata(cohort, site_file, {site_column});
      for (std::size_t row = 0; row < cohort.size(); ++row) {
        cohort.records[row].site = site.columns.front().values[row];
      }
    }
    write_labels_as(cohort, format, out);
    if (!strata_out.empty()) {
      write_attributes(cohort, strata_out);
    }
    print_line(common, fmt::format("{} images of {} patients, {} classes; written to {}", cohort.size(),
                                   cohort.patients(), cohort.classes.size(), out));
    if (common.json) {
      print_json(nlohmann::ordered_json{
          {"images", cohort.size()}, {"patients", cohort.patients()}, {"classes", cohort.classes}, {"labels", out}}
                     .dump(2));
    }
  }

 private:
  [[nodiscard]] std::vector<std::string> chosen_classes() const {
    return classes.empty() ? std::vector<std::string>() : split(classes, ',');
  }
};

}  // namespace

void add_cohort_convert(CLI::App& cohort) {
  CLI::App* verb = cohort.add_subcommand("convert", "A label file in another format");
  const auto command = std::make_shared<ConvertCommand>();
  verb->add_option("--labels", command->labels, "Label file")->required();
  command->label_choice.add_to(*verb);
  verb->add_option("--to", command->to, "niwaki, nih, nih-cxr-lt, mimic-cxr-lt, chexpert, mimic-cxr")
      ->capture_default_str();
  verb->add_option("--classes", command->classes, "Only these, in this order, commas between (all)");
  CLI::Option* const column = verb->add_option("--site", command->site_column,
                                               "Column that becomes the site: of --strata, or view, sex, age_band");
  verb->add_option("--strata", command->site_file, "CSV id,<column>... in which it stands")->needs(column);
  verb->add_option("--out", command->out, "Where to write the labels, .csv")->required();
  verb->add_option("--strata-out", command->strata_out,
                   "Where to write what the file says beside labels: id,view,sex,age_band,site");
  command->common.add_to(*verb);
  verb->callback([command] { command->run(); });
}

}  // namespace niwaki
