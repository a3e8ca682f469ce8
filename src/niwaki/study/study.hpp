#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/audit/audit.hpp"
#include "niwaki/core/progress.hpp"
#include "niwaki/report/report.hpp"
#include "niwaki/study/recipe.hpp"

namespace niwaki {

struct StudyRun {
  bool train_only = false;  // stop after the networks are trained (`niwaki train`)
  /// Make the report anew even where it is up to date, from a study that is finished (`niwaki report`). Throws
  /// InputError where a network or a prediction is missing.
  bool report_only = false;
  /// Where ids are not shown, the page is made beside the study's own, as report-anonymous.html.
  ImageIds image_ids = ImageIds::kShown;
  std::vector<std::string> warnings;  // what is known before, said with the study's own
};

/// What a run of a study came to.
struct StudyOutcome {
  std::size_t units_done = 0;        // in this run
  std::size_t units_kept = 0;        // done before from the same inputs
  double seconds = 0;                // of this run
  std::optional<AuditResult> audit;  // unless train_only
  std::vector<std::string> warnings;
  std::filesystem::path report;  // the page, unless train_only
};

/// Runs the recipe in `folder`: what is done already from the same inputs is kept, the rest is done. After a kill at
/// any moment the same call goes on and ends with the same bytes. Throws Interrupted on cancellation, with what was
/// finished kept; InputError where another process works in the folder.
StudyOutcome run_study(const Recipe& recipe, const std::filesystem::path& folder, Progress& progress,
                       const StudyRun& run = {});

/// The recipe that a study folder holds (recipe.toml). Throws InputError where it is no study.
Recipe recipe_of_study(const std::filesystem::path& folder);

}  // namespace niwaki
