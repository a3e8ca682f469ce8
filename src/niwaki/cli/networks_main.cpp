// The program `niwaki-networks`: every verb. People call `niwaki`, which starts it where it must.
#include "niwaki/cli/program.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/core/heap.hpp"

int main(int argc, char** argv) {
  niwaki::keep_freed_memory();
  return niwaki::run_program(argc, argv, niwaki::add_all_verbs);
}
