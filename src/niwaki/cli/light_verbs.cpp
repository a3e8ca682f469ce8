#include <algorithm>
#include <array>

#include "niwaki/cli/verbs.hpp"

namespace niwaki {
namespace {

constexpr std::array<LightVerb, 2> kLightVerbs = {{{"audit", add_audit_verb}, {"exemplars", add_exemplars_verb}}};

}  // namespace

std::span<const LightVerb> light_verbs() {
  return kLightVerbs;
}

bool asks_for_light_verb(int argc, const char* const* argv) {
  if (argc < 2) {
    return false;
  }
  const std::string_view first = argv[1];
  const auto asked_for = [&](const LightVerb& verb) { return verb.name == first; };
  return (argc == 2 && first == "--version") || std::ranges::any_of(kLightVerbs, asked_for);
}

void add_light_verbs(CLI::App& program) {
  for (const LightVerb& verb : kLightVerbs) {
    verb.add(program);
  }
}

}  // namespace niwaki
