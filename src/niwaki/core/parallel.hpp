#pragma once

#include <cstddef>
#include <functional>
#include <span>

namespace niwaki {

/// The number of threads that parallel loops use: all processors unless set.
void set_thread_count(int threads);
int thread_count();
/// Has the calling thread's OpenMP loops in libraries (oneDNN) use as many.
void use_threads_in_libraries();

/// Calls body(i) for i in [0, count), each once, on the OpenMP pool. The first exception that a
/// body throws is thrown here after the loop; bodies not yet begun are then left out. Checks for
/// cancellation between bodies. Nothing may depend on the order.
void parallel_for(std::size_t count, const std::function<void(std::size_t)>& body);

/// As parallel_for() over [begins.front(), begins.back()), in shares: thread t begins with [begins[t], begins[t + 1]),
/// in order, and takes from the others what is left when it is through. Loops that give a thread the same share of the
/// same memory again and again find it in that processor's cache.
void parallel_for_shares(std::span<const std::size_t> begins, const std::function<void(std::size_t)>& body);

}  // namespace niwaki
