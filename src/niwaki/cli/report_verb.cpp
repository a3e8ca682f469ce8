#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "niwaki/cli/browser.hpp"
#include "niwaki/cli/options.hpp"
#include "niwaki/cli/outcome.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/study/study.hpp"

namespace niwaki {
namespace {

struct ReportCommand {
  CommonOptions common;
  std::string study;
  std::string anonymous;
  std::string language = "en";
  bool pdf = false;

  void run() const {
    common.apply();
    const std::filesystem::path browser = pdf ? needed_browser() : "";
    StudyRun run;
    run.report_only = true;
    run.image_ids = anonymous.empty() ? ImageIds::kShown : anonymous == "hash" ? ImageIds::kHashed : ImageIds::kLeftOut;
    const auto progress = common.progress();
    const StudyOutcome outcome = run_study(recipe_of_study(study), study, *progress, run);
    print_outcome(common, outcome);
    if (!browser.empty()) {
      const std::filesystem::path printed = std::filesystem::path(outcome.report).replace_extension(".pdf");
      print_pdf(browser, outcome.report, printed, language);
      print_line(common, fmt::format("printed: {}", printed.string()));
    }
  }

 private:
  /// Before the work, so that nobody waits for nothing.
  static std::filesystem::path needed_browser() {
    const std::optional<std::filesystem::path> found = find_browser();
    if (!found) {
      throw MachineError("no Chromium is on this machine, which prints the page", "--pdf",
                         "install it (Debian: apt-get install chromium), name one in NIWAKI_BROWSER, or open "
                         "report.html in any browser and print it there");
    }
    return *found;
  }
};

}  // namespace

void add_report_verb(CLI::App& program) {
  CLI::App* verb = program.add_subcommand("report", "Make a study's report.html anew");
  const auto command = std::make_shared<ReportCommand>();
  verb->add_option("study", command->study, "The study's folder")->required();
  verb->add_option("--anonymous", command->anonymous,
                   "A page to hand on, report-anonymous.html: image ids are left out (omit, where nothing follows) or "
                   "hashed with a key that stays in the study's folder (hash)")
      ->expected(0, 1)
      ->default_str("omit")
      ->check(CLI::IsMember({"omit", "hash"}));
  CLI::Option* const pdf = verb->add_flag("--pdf", command->pdf, "Also print the page as a PDF beside it, by Chromium");
  verb->add_option("--language", command->language, "Of the PDF: en or ja")
      ->capture_default_str()
      ->check(CLI::IsMember({"en", "ja"}))
      ->needs(pdf);
  command->common.add_to(*verb);
  verb->callback([command] { command->run(); });
}

}  // namespace niwaki
