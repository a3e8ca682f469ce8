// The program `niwaki-engine`: the verbs that run networks by the engine alone. People call `niwaki`, which starts it
// where it must.
#include "niwaki/cli/program.hpp"
#include "niwaki/cli/verbs.hpp"

int main(int argc, char** argv) {
  return niwaki::run_program(argc, argv, niwaki::add_engine_verbs);
}
