#include <memory>

#include <CLI/CLI.hpp>

#include "niwaki/cli/options.hpp"
#include "niwaki/cli/outcome.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/study/study.hpp"

namespace niwaki {

void add_report_verb(CLI::App& program) {
  struct ReportCommand {
    CommonOptions common;
    std::string study;
  };
  CLI::App* verb = program.add_subcommand("report", "Make a study's report.html anew");
  const auto command = std::make_shared<ReportCommand>();
  verb->add_option("study", command->study, "The study's folder")->required();
  command->common.add_to(*verb);
  verb->callback([command] {
    command->common.apply();
    const auto progress = command->common.progress();
    print_outcome(command->common,
                  run_study(recipe_of_study(command->study), command->study, *progress, {.report_only = true}));
  });
}

}  // namespace niwaki
