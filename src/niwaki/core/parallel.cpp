#include "niwaki/core/parallel.hpp"

#include <atomic>
#include <exception>
#include <mutex>

#include <omp.h>

#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

std::atomic<int> chosen_threads{0};

}  // namespace

void set_thread_count(int threads) {
  NIWAKI_CHECK(threads >= 1, "{} threads", threads);
  chosen_threads = threads;
}

int thread_count() {
  const int chosen = chosen_threads;
  return chosen > 0 ? chosen : omp_get_num_procs();
}

void use_threads_in_libraries() {
  if (omp_get_max_threads() != thread_count()) {
    omp_set_num_threads(thread_count());
  }
}

void parallel_for(std::size_t count, const std::function<void(std::size_t)>& body) {
  std::exception_ptr first_error;
  std::mutex error_mutex;
  std::atomic<bool> failed{false};
#pragma omp parallel for schedule(dynamic, 1) num_threads(thread_count())
  for (std::size_t i = 0; i < count; ++i) {
    if (failed.load(std::memory_order_relaxed)) {
      continue;
    }
    try {
      throw_if_cancelled();
      body(i);
    } catch (...) {
      const std::lock_guard lock(error_mutex);
      if (!failed.exchange(true)) {
        first_error = std::current_exception();
      }
    }
  }
  if (first_error) {
    std::rethrow_exception(first_error);
  }
}

}  // namespace niwaki
