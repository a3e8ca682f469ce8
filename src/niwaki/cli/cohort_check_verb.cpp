#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "niwaki/cli/cohort_verbs.hpp"
#include "niwaki/cli/label_choice.hpp"
#include "niwaki/cli/options.hpp"
#include "niwaki/cli/picture_options.hpp"
#include "niwaki/cohort/data_check.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;

struct CheckCommand {
  CommonOptions common;
  LabelChoice label_choice;
  WindowOption window;
  std::string labels, images, splits, train_val_list, test_list, strata;
  bool names_only = false;

  void run() const {
    common.apply();
    if (train_val_list.empty() != test_list.empty()) {
      throw UsageError("one of two lists is missing", "--train-val-list, --test-list", "give both, or neither");
    }
    const DataCheck check = check_data_set({.labels = labels,
                                            .label_options = label_choice.options(),
                                            .images = images,
                                            .read_pictures = !names_only,
                                            .read_options = window.read_options(),
                                            .splits = splits,
                                            .train_val_list = train_val_list,
                                            .test_list = test_list,
                                            .strata = strata});
    common.json ? print_json(document(check).dump(2, ' ', false, Json::error_handler_t::replace)) : print(check);
    if (const std::size_t count = check.problems.count(); count > 0) {
      throw InputError(fmt::format("{} problem{} of {} kind{}", count, count == 1 ? "" : "s",
                                   check.problems.kinds().size(), check.problems.kinds().size() == 1 ? "" : "s"),
                       labels, "they are listed above; mend them, or leave these images out");
    }
  }

 private:
  static void print(const DataCheck& check) {
    const Cohort& cohort = check.cohort;
    if (cohort.size() > 0) {
      fmt::print("{} images of {} patients, {} classes\n", cohort.size(), cohort.patients(), cohort.classes.size());
    }
    const std::vector<std::size_t> positives = cohort.positives();
    const std::vector<std::size_t> unknown = cohort.unknowns();
    for (std::size_t column = 0; column < positives.size(); ++column) {
      fmt::print("  {:<32}{:>8} positive{:>8} unknown\n", cohort.classes[column], positives[column], unknown[column]);
    }
    for (const std::string& warning : check.warnings) {
      fmt::print("warning: {}\n", warning);
    }
    for (const ProblemReport::Kind& kind : check.problems.kinds()) {
      fmt::print("problem: {}: {}; {}\n", kind.name, kind.count, kind.what_to_do);
      for (const ProblemReport::Example& example : kind.examples) {
        fmt::print("  {}: {}\n", example.what, example.where);
      }
    }
    if (check.problems.count() == 0) {
      fmt::print("no problem found\n");
    }
  }

  static Json document(const DataCheck& check) {
    const Cohort& cohort = check.cohort;
    const std::vector<std::size_t> positives = cohort.positives();
    const std::vector<std::size_t> unknown = cohort.unknowns();
    Json classes = Json::array();
    for (std::size_t column = 0; column < positives.size(); ++column) {
      classes.push_back(
          {{"name", cohort.classes[column]}, {"positives", positives[column]}, {"unknown", unknown[column]}});
    }
    Json problems = Json::array();
    for (const ProblemReport::Kind& kind : check.problems.kinds()) {
      Json examples = Json::array();
      for (const ProblemReport::Example& example : kind.examples) {
        examples.push_back({{"what", example.what}, {"where", example.where}});
      }
      problems.push_back({{"kind", kind.name},
                          {"count", kind.count},
                          {"what_to_do", kind.what_to_do},
                          {"examples", std::move(examples)}});
    }
    return {{"images", cohort.size()},
            {"patients", cohort.patients()},
            {"classes", std::move(classes)},
            {"problems", std::move(problems)},
            {"warnings", check.warnings}};
  }
};

}  // namespace

void add_cohort_check(CLI::App& cohort) {
  CLI::App* verb = cohort.add_subcommand("check", "Everything that is wrong with a data set, in one pass");
  const auto command = std::make_shared<CheckCommand>();
  verb->add_option("--labels", command->labels, "Label file")->required();
  command->label_choice.add_to(*verb);
  verb->add_option("--images", command->images, "Folder of pictures: are they there, can they be read?");
  command->window.add_to(*verb);
  verb->add_flag("--names-only", command->names_only, "Ask only whether the pictures are there");
  verb->add_option("--splits", command->splits, "CSV id,split (train, validation, test)");
  verb->add_option("--train-val-list", command->train_val_list, "NIH's official list of training images");
  verb->add_option("--test-list", command->test_list, "NIH's official list of test images");
  verb->add_option("--strata", command->strata, "CSV with a column id and one a way of grouping images");
  command->common.add_to(*verb);
  verb->callback([command] { command->run(); });
}

}  // namespace niwaki
