#include "niwaki/cli/process.hpp"
#include "niwaki/cli/program.hpp"

int main(int argc, char** argv) {
  niwaki::limit_openmp_spinning(argc, argv);
  niwaki::keep_freed_memory();
  return niwaki::run_program(argc, argv);
}
