#include "niwaki/core/error.hpp"

namespace niwaki {

void fail_check(const char* condition, const char* file, int line, const std::string& detail) {
  throw BrokenInvariant(fmt::format("{} does not hold: {} ({}:{})", condition, detail, file, line));
}

}  // namespace niwaki
