// Feeds the reader of recipes bytes that nobody would send. Whatever they are, they give a recipe or an InputError; and
// a recipe that passes its check can be written, read again, and is the same then.
#include "niwaki/study/recipe.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "niwaki/core/error.hpp"

namespace {

constexpr const char* kFolder = "/nowhere";

void survive_a_round_trip(const niwaki::Recipe& recipe) {
  const std::string text = niwaki::recipe_text(recipe);
  niwaki::Recipe again;
  try {
    again = niwaki::parse_recipe(text, kFolder, "written");
  } catch (const niwaki::InputError&) {
    std::abort();
  }
  if (niwaki::recipe_text(again) != text) {
    std::abort();
  }
}

}  // namespace

// libFuzzer's own name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
  niwaki::Recipe recipe;
  try {
    recipe = niwaki::parse_recipe({reinterpret_cast<const char*>(data), size}, kFolder, "fuzz");  // NOLINT
    recipe.check();
  } catch (const niwaki::InputError&) {
    return 0;
  }
  survive_a_round_trip(recipe);
  return 0;
}
