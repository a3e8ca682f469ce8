#include "niwaki/core/parallel.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

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

namespace {

/// Calls bodies until one throws, whose exception is the result.
class Bodies {
 public:
  explicit Bodies(const std::function<void(std::size_t)>& body) : body_(body) {}

  void call(std::size_t i) noexcept {
    if (failed_.load(std::memory_order_relaxed)) {
      return;
    }
    try {
      throw_if_cancelled();
      body_(i);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failed_.exchange(true)) {
        first_error_ = std::current_exception();
      }
    }
  }
  void rethrow() const {
    if (first_error_) {
      std::rethrow_exception(first_error_);
    }
  }

 private:
  const std::function<void(std::size_t)>& body_;
  std::exception_ptr first_error_;
  std::mutex mutex_;
  std::atomic<bool> failed_{false};
};

/// The next one of a share, on a cache line of its own.
struct alignas(64) NextOfShare {
  std::atomic<std::size_t> value{0};
};
constexpr std::size_t kMostShares = 256;

}  // namespace

#if defined(__SANITIZE_THREAD__)

// ThreadSanitizer does not see how libgomp's threads wait for each other, and would take each loop for a race. Under it
// threads are the standard library's, begun anew for every loop.
namespace {

template <typename Work>
void on_threads(std::size_t threads, const Work& work) {
  std::vector<std::jthread> others;
  for (std::size_t thread = 1; thread < threads; ++thread) {
    others.emplace_back([&work, thread] { work(thread); });
  }
  work(std::size_t{0});
}

}  // namespace

void parallel_for(std::size_t count, const std::function<void(std::size_t)>& body) {
  Bodies bodies(body);
  std::atomic<std::size_t> next{0};
  on_threads(std::min(count, static_cast<std::size_t>(thread_count())), [&](std::size_t /*thread*/) {
    for (std::size_t i = next++; i < count; i = next++) {
      bodies.call(i);
    }
  });
  bodies.rethrow();
}

#else

namespace {

template <typename Work>
void on_threads(std::size_t threads, const Work& work) {
#pragma omp parallel num_threads(static_cast <int>(threads))
  work(static_cast<std::size_t>(omp_get_thread_num()));
}

}  // namespace

void parallel_for(std::size_t count, const std::function<void(std::size_t)>& body) {
  Bodies bodies(body);
#pragma omp parallel for schedule(dynamic, 1) num_threads(thread_count())
  for (std::size_t i = 0; i < count; ++i) {
    bodies.call(i);
  }
  bodies.rethrow();
}

#endif

void parallel_for_shares(std::span<const std::size_t> begins, const std::function<void(std::size_t)>& body) {
  NIWAKI_CHECK(begins.size() >= 2 && begins.size() <= kMostShares + 1, "{} shares", begins.size());
  const std::size_t shares = begins.size() - 1;
  Bodies bodies(body);
  if (shares == 1) {
    for (std::size_t i = begins[0]; i < begins[1]; ++i) {
      bodies.call(i);
    }
    bodies.rethrow();
    return;
  }
  std::array<NextOfShare, kMostShares> next;  // NOLINT: begun below
  for (std::size_t share = 0; share < shares; ++share) {
    next[share].value.store(begins[share], std::memory_order_relaxed);
  }
  on_threads(shares, [&](std::size_t own) {
    for (std::size_t turn = 0; turn < shares; ++turn) {
      const std::size_t share = (own + turn) % shares;
      for (std::size_t i = next[share].value.fetch_add(1, std::memory_order_relaxed); i < begins[share + 1];
           i = next[share].value.fetch_add(1, std::memory_order_relaxed)) {
        bodies.call(i);
      }
    }
  });
  bodies.rethrow();
}

}  // namespace niwaki
