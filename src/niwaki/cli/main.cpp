// The program `niwaki`: its light verbs run here, every other command line in `niwaki-networks`.
#include "niwaki/cli/process.hpp"
#include "niwaki/cli/program.hpp"
#include "niwaki/cli/verbs.hpp"

int main(int argc, char** argv) {
  niwaki::keep_freed_memory();
  return niwaki::run_program(argc, argv, [&](CLI::App& program) {
    if (!niwaki::asks_for_light_verb(argc, argv)) {
      niwaki::become_networks_program(argc, argv);
    }
    niwaki::use_large_pages();
    niwaki::add_light_verbs(program);
  });
}
