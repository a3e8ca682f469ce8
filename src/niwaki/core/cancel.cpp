#include "niwaki/core/cancel.hpp"

#include <atomic>
#include <csignal>

#include <unistd.h>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "the handler may only touch lock-free atomics");

extern "C" void handle_signal(int /*signal*/) {
  if (requested.exchange(true)) {
    _exit(static_cast<int>(ExitCode::kInterrupted));
  }
}

}  // namespace

void install_signal_handlers() {
  struct sigaction action = {};
  action.sa_handler = handle_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // A closed pipe or a file over the size limit comes back as an error of the write instead.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void request_cancellation() {
  requested = true;
}

void clear_cancellation() {
  requested = false;
}

bool cancellation_requested() {
  return requested.load(std::memory_order_relaxed);
}

void throw_if_cancelled() {
  if (cancellation_requested()) {
    throw Interrupted();
  }
}

}  // namespace niwaki
