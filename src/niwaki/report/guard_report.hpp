#pragma once

#include <filesystem>
#include <string>

#include "niwaki/audit/guard/guard.hpp"

namespace niwaki {

/// guard.json as docs/formats.md has it: keys in a fixed order, numbers shortest that read back. The same result gives
/// the same bytes.
std::string guard_json(const GuardResult& result);

/// guard.json, guard.csv (a row a signal and rate), classes.csv (a row a class, rate and figure) and images.csv (a row
/// an image and seed) in `folder`, each whole or not at all. `data` names the images.
void write_guard(const GuardResult& result, const GuardData& data, const std::filesystem::path& folder);

}  // namespace niwaki
