#include "niwaki/cli/process.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <unistd.h>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

void limit_openmp_spinning() {
  if (std::getenv("GOMP_SPINCOUNT") == nullptr && std::getenv("OMP_WAIT_POLICY") == nullptr) {
    setenv("GOMP_SPINCOUNT", "2000", 1);
  }
}

}  // namespace

void become_other_program(OtherProgram other, char** argv) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) {
    throw MachineError(fmt::format("the program cannot tell where it lies ({})", error.message()), "/proc/self/exe",
                       "run it where /proc is mounted");
  }
  const bool engine = other == OtherProgram::kEngine;
  if (!engine) {
    limit_openmp_spinning();
  }
  const std::filesystem::path program = self.parent_path() / (engine ? "niwaki-engine" : "niwaki-networks");
  execv(program.c_str(), argv);
  throw MachineError(
      fmt::format("the part of the program that runs networks does not start ({})", std::strerror(errno)),
      program.string(), "build it (make build), and keep it in one folder with niwaki");
}

}  // namespace niwaki
