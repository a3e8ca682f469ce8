#include <algorithm>
#include <array>

#include "niwaki/cli/verbs.hpp"

namespace niwaki {
namespace {

constexpr std::array<ScoreVerb, 4> kScoreVerbs = {{{"audit", add_audit_verb, true},
                                                   {"certify", add_certify_verb, true},
                                                   {"exemplars", add_exemplars_verb, true},
                                                   {"gate", add_gate_verb}}};

}  // namespace

const ScoreVerb* score_verb(std::string_view name) {
  const auto* const found = std::ranges::find(kScoreVerbs, name, &ScoreVerb::name);
  return found == kScoreVerbs.end() ? nullptr : found;
}

void add_score_verbs(CLI::App& program) {
  for (const ScoreVerb& verb : kScoreVerbs) {
    verb.add(program);
  }
}

}  // namespace niwaki
