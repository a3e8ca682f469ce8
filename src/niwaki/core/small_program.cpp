#include "niwaki/core/small_program.hpp"

#include <cstdio>
#include <exception>

namespace niwaki {

int exit_code_of(const std::function<int()>& run, int failed) {
  try {
    return run();
  } catch (const std::exception& error) {
    std::fputs(error.what(), stderr);
    std::fputs("\n", stderr);
  } catch (...) {
    std::fputs("an error of no known kind\n", stderr);
  }
  return failed;
}

}  // namespace niwaki
