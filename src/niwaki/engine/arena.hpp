#pragma once

#include <cstddef>

namespace niwaki {

/// Zeroed memory for values, on large pages where the system has them: our kernels read many planes that lie far apart.
class Arena {
 public:
  /// Throws MachineError where there is none.
  explicit Arena(std::size_t floats);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  Arena(Arena&&) = delete;
  Arena& operator=(Arena&&) = delete;

  [[nodiscard]] float* data() const { return data_; }

 private:
  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
  float* data_ = nullptr;
};

}  // namespace niwaki
