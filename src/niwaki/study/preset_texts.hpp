#pragma once

#include <string>
#include <vector>

namespace niwaki {

/// The files of presets/, built into the program.
struct PresetText {
  std::string name;
  std::string toml;
};
const std::vector<PresetText>& preset_texts();

}  // namespace niwaki
