#pragma once

#include "niwaki/cli/options.hpp"
#include "niwaki/study/study.hpp"

namespace niwaki {

/// Prints what a study came to: figures at the sparsities that people ask for, and where the page is.
void print_outcome(const CommonOptions& options, const StudyOutcome& outcome);

}  // namespace niwaki
