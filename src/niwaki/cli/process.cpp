#include "niwaki/cli/process.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

constexpr int kKeptBytes = 1 << 30;    // free memory at the end of the heap that stays the program's
constexpr int kMappedBytes = 1 << 28;  // an allocation from here on is the kernel's business, and given back
constexpr std::size_t kLargePage = std::size_t{1} << 21;
constexpr int kLargePageHeap = 1 << 28;
constexpr const char* kNetworksProgram = "niwaki-networks";
constexpr std::array<std::string_view, 4> kVerbsOfNetworks = {"study", "demo", "train", "predict"};

bool runs_networks(int argc, char** argv) {
  for (const std::string_view verb : kVerbsOfNetworks) {
    if (argc > 1 && argv[1] == verb) {
      return true;
    }
  }
  return false;
}

void limit_openmp_spinning() {
  if (std::getenv("GOMP_SPINCOUNT") == nullptr && std::getenv("OMP_WAIT_POLICY") == nullptr) {
    setenv("GOMP_SPINCOUNT", "2000", 1);
  }
}

}  // namespace

void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, kMappedBytes);
  mallopt(M_TRIM_THRESHOLD, kKeptBytes);
}

void use_large_pages() {
  mallopt(M_ARENA_MAX, 1);
  // A heap that is as large at once as most audits need: what the kernel adds to it later is of small pages again. It
  // is promised, not taken.
  mallopt(M_TOP_PAD, kLargePageHeap);
  void* const inside = std::malloc(kLargePage);
  mallopt(M_TOP_PAD, kLargePage);
  void* begin = inside;
  auto room = static_cast<std::size_t>(static_cast<char*>(sbrk(0)) - static_cast<char*>(inside));
  if (inside != nullptr && sbrk(0) > inside && std::align(kLargePage, kLargePage, begin, room)) {
    madvise(begin, room, MADV_HUGEPAGE);
  }
  std::free(inside);
}

void become_networks_program(int argc, char** argv) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) {
    throw MachineError(fmt::format("the program cannot tell where it lies ({})", error.message()), "/proc/self/exe",
                       "run it where /proc is mounted");
  }
  if (runs_networks(argc, argv)) {
    limit_openmp_spinning();
  }
  const std::filesystem::path program = self.parent_path() / kNetworksProgram;
  execv(program.c_str(), argv);
  throw MachineError(
      fmt::format("the part of the program that runs networks does not start ({})", std::strerror(errno)),
      program.string(), "build it (make build), and keep it in one folder with niwaki");
}

}  // namespace niwaki
