// The program `niwaki`: the verbs that read scores run here, every other command line in one of the two programs beside
// it.
#include <string_view>

#include "niwaki/cli/process.hpp"
#include "niwaki/cli/program.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/core/heap.hpp"

int main(int argc, char** argv) {
  const std::string_view first = argc < 2 ? "" : argv[1];
  const niwaki::ScoreVerb* const verb = niwaki::score_verb(first);
  const bool asks_for_version = argc == 2 && first == "--version";
  return niwaki::run_program(argc, argv, [&](CLI::App& program) {
    if (verb == nullptr && !asks_for_version) {
      niwaki::become_other_program(
          niwaki::is_engine_verb(first) ? niwaki::OtherProgram::kEngine : niwaki::OtherProgram::kNetworks, argv);
    }
    if (verb != nullptr && verb->large_heap) {
      niwaki::keep_freed_memory();
      niwaki::use_large_pages();
    }
    niwaki::add_score_verbs(program);
  });
}
