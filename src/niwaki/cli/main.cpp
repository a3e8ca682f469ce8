// The program `niwaki`: its light verbs run here, every other command line in `niwaki-networks`.
#include <string_view>

#include "niwaki/cli/process.hpp"
#include "niwaki/cli/program.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/core/heap.hpp"

int main(int argc, char** argv) {
  const niwaki::LightVerb* const verb = niwaki::asked_for_light_verb(argc, argv);
  const bool asks_for_version = argc == 2 && std::string_view(argv[1]) == "--version";
  return niwaki::run_program(argc, argv, [&](CLI::App& program) {
    if (verb == nullptr && !asks_for_version) {
      niwaki::become_networks_program(argv);
    }
    if (verb != nullptr && verb->large_heap) {
      niwaki::keep_freed_memory();
      niwaki::use_large_pages();
    }
    niwaki::add_light_verbs(program);
  });
}
