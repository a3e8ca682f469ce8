#include <algorithm>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/study/preset_texts.hpp"
#include "niwaki/study/recipe.hpp"

namespace niwaki {

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const PresetText& text : preset_texts()) {
    names.push_back(text.name);
  }
  return names;
}

Recipe preset(const std::string& name) {
  const std::vector<PresetText>& texts = preset_texts();
  const auto found =
      std::find_if(texts.begin(), texts.end(), [&](const PresetText& text) { return text.name == name; });
  if (found == texts.end()) {
    const std::vector<std::string> names = preset_names();
    throw InputError(fmt::format("there is no preset '{}'{}", name, did_you_mean(name, names)), "--preset",
                     fmt::format("choose one of {}", joined(names, ", ")));
  }
  return parse_recipe(found->toml, std::filesystem::current_path(), fmt::format("preset {}", name));
}

}  // namespace niwaki
