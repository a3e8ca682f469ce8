#include "niwaki/core/heap.hpp"

#include <cstddef>
#include <cstdlib>
#include <memory>

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

namespace niwaki {
namespace {

constexpr int kKeptBytes = 1 << 30;    // free memory at the end of the heap that stays the program's
constexpr int kMappedBytes = 1 << 28;  // an allocation from here on is the kernel's business, and given back
constexpr std::size_t kLargePage = std::size_t{1} << 21;
constexpr int kLargePageHeap = 1 << 28;

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

}  // namespace niwaki
