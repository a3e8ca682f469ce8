#include "niwaki/cli/program.hpp"

int main(int argc, char** argv) {
  return niwaki::run_program(argc, argv);
}
