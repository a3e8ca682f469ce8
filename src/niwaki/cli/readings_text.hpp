#pragma once

#include <string>

#include "niwaki/audit/readers/analysis.hpp"

namespace niwaki {

/// A reading round for people: a table a question, the readers, and what must be known of the figures.
std::string readings_text(const ReadingAnalysis& result);

}  // namespace niwaki
