#include "niwaki/core/progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace niwaki {
namespace {

using std::chrono::duration;

TEST(FormatDuration, reads_as_a_person_would_say_it) {
  EXPECT_EQ(format_duration(duration<double>(0.4)), "0 s");
  EXPECT_EQ(format_duration(duration<double>(59.4)), "59 s");
  EXPECT_EQ(format_duration(duration<double>(59.6)), "1 min 00 s");
  EXPECT_EQ(format_duration(duration<double>(200)), "3 min 20 s");
  EXPECT_EQ(format_duration(duration<double>(7500)), "2 h 05 min");
}

TEST(PlainProgress, prints_a_line_a_tenth_with_the_time_left) {
  ::testing::internal::CaptureStderr();
  const auto progress = make_progress(false);
  progress->start("study", 100);
  for (int i = 0; i < 100; ++i) {
    progress->advance(1);
  }
  progress->finish();
  const std::string printed = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(printed, ::testing::HasSubstr("study: 50%, 0 s left"));
  EXPECT_THAT(printed, ::testing::HasSubstr("study: done in 0 s"));
  EXPECT_EQ(std::count(printed.begin(), printed.end(), '\n'), 12);
}

TEST(QuietProgress, says_nothing) {
  ::testing::internal::CaptureStderr();
  const auto progress = make_progress(true);
  progress->start("study", 1);
  progress->say("now");
  progress->advance(1);
  progress->finish();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace niwaki
