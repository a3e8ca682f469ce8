#include "niwaki/cli/process.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <malloc.h>
#include <unistd.h>

namespace niwaki {
namespace {

constexpr int kKeptBytes = 1 << 30;    // free memory at the end of the heap that stays the program's
constexpr int kMappedBytes = 1 << 28;  // an allocation from here on is the kernel's business, and given back
constexpr std::array<std::string_view, 4> kVerbsOfNetworks = {"study", "demo", "train", "predict"};

bool runs_networks(int argc, char** argv) {
  for (const std::string_view verb : kVerbsOfNetworks) {
    if (argc > 1 && argv[1] == verb) {
      return true;
    }
  }
  return false;
}

}  // namespace

void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, kMappedBytes);
  mallopt(M_TRIM_THRESHOLD, kKeptBytes);
}

void limit_openmp_spinning(int argc, char** argv) {
  if (!runs_networks(argc, argv) || std::getenv("GOMP_SPINCOUNT") != nullptr ||
      std::getenv("OMP_WAIT_POLICY") != nullptr) {
    return;
  }
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) {
    setenv("GOMP_SPINCOUNT", "2000", 1);
    execv(program.c_str(), argv);
  }
}

}  // namespace niwaki
