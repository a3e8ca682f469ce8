#pragma once

#include <filesystem>
#include <string>

#include "niwaki/audit/readers/analysis.hpp"

namespace niwaki {

/// readers.json as docs/readers.md has it: keys in a fixed order, numbers shortest that read back.
std::string readers_json(const ReadingAnalysis& result);

/// readers.json, questions.csv (a row a question) and readings.csv (a row a reading, joined with the key) in `folder`,
/// each whole or not at all.
void write_readers(const ReadingAnalysis& result, const std::filesystem::path& folder);

}  // namespace niwaki
