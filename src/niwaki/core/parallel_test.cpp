#include "niwaki/core/parallel.hpp"

#include <atomic>
#include <vector>

#include <gtest/gtest.h>

#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

TEST(ParallelFor, does_each_once) {
  std::vector<std::atomic<int>> done(1000);
  parallel_for(done.size(), [&](std::size_t i) { ++done[i]; });
  for (const auto& count : done) {
    EXPECT_EQ(count, 1);
  }
}

TEST(ParallelFor, carries_an_exception_out) {
  EXPECT_THROW(parallel_for(100,
                            [](std::size_t i) {
                              if (i == 50) {
                                throw InputError("bad", "here", "mend it");
                              }
                            }),
               InputError);
}

TEST(ParallelFor, stops_when_cancelled) {
  request_cancellation();
  EXPECT_THROW(parallel_for(10, [](std::size_t) {}), Interrupted);
  clear_cancellation();
  EXPECT_NO_THROW(parallel_for(10, [](std::size_t) {}));
}

TEST(ParallelFor, of_nothing_does_nothing) {
  parallel_for(0, [](std::size_t) { FAIL(); });
}

TEST(ParallelForShares, does_each_once_whoever_is_through_first) {
  const std::vector<std::size_t> begins = {0, 0, 10, 11, 500, 500};
  std::vector<std::atomic<int>> done(500);
  parallel_for_shares(begins, [&](std::size_t i) { ++done[i]; });
  for (const auto& count : done) {
    EXPECT_EQ(count, 1);
  }
}

TEST(ParallelForShares, carries_an_exception_out) {
  const std::vector<std::size_t> begins = {0, 50, 100};
  EXPECT_THROW(parallel_for_shares(begins, [](std::size_t i) { NIWAKI_CHECK(i != 70, "seventy"); }), std::exception);
}

}  // namespace
}  // namespace niwaki
