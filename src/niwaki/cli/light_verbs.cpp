#include <algorithm>
#include <array>

#include "niwaki/cli/verbs.hpp"

namespace niwaki {
namespace {

constexpr std::array<LightVerb, 6> kLightVerbs = {{{"audit", add_audit_verb, true},
                                                   {"bench", add_bench_verb},
                                                   {"certify", add_certify_verb, true},
                                                   {"exemplars", add_exemplars_verb, true},
                                                   {"gate", add_gate_verb},
                                                   {"guard", add_guard_verb}}};

}  // namespace

std::span<const LightVerb> light_verbs() {
  return kLightVerbs;
}

const LightVerb* asked_for_light_verb(int argc, const char* const* argv) {
  const std::string_view first = argc < 2 ? "" : argv[1];
  const auto* const found = std::ranges::find(kLightVerbs, first, &LightVerb::name);
  return found == kLightVerbs.end() ? nullptr : found;
}

void add_light_verbs(CLI::App& program) {
  for (const LightVerb& verb : kLightVerbs) {
    verb.add(program);
  }
}

}  // namespace niwaki
