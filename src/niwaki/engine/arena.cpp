#include "niwaki/engine/arena.hpp"

#include <memory>

#include <sys/mman.h>

#include "niwaki/core/error.hpp"

namespace niwaki {

Arena::Arena(std::size_t floats) {
  constexpr std::size_t kLargePage = std::size_t{1} << 21;
  const std::size_t wanted = (floats * sizeof(float) + kLargePage - 1) / kLargePage * kLargePage;
  bytes_ = wanted + kLargePage;
  memory_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory_ == MAP_FAILED) {
    throw MachineError(fmt::format("there is no memory for {} MiB of values", bytes_ >> 20U), "the engine",
                       "take a smaller batch");
  }
  madvise(memory_, bytes_, MADV_HUGEPAGE);
  void* begin = memory_;
  std::size_t space = bytes_;
  data_ = static_cast<float*>(std::align(kLargePage, wanted, begin, space));
}

Arena::~Arena() {
  munmap(memory_, bytes_);
}

}  // namespace niwaki
