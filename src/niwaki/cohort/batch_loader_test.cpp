#include "niwaki/cohort/batch_loader.hpp"

#include <atomic>
#include <chrono>
#include <set>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace niwaki {
namespace {

using Batches = std::vector<std::vector<std::size_t>>;

Batches uneven_batches() {
  Batches batches;
  std::size_t row = 0;
  for (const std::size_t size : {5, 1, 7, 7, 3, 2, 8, 1}) {
    batches.emplace_back();
    for (std::size_t i = 0; i < size; ++i) {
      batches.back().push_back(row++);
    }
  }
  return batches;
}

/// What a picture of three values at `row` holds.
void fill(std::size_t row, std::span<float> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(10 * row + i);
  }
}

TEST(BatchLoader, gives_every_picture_once_and_in_order_whatever_the_timing) {
  const Batches batches = uneven_batches();
  for (const std::size_t threads : {1, 2, 5}) {
    for (const std::size_t ahead : {1, 2, 4, 20}) {
      BatchLoader loader(batches, 3,
                         [](std::size_t row, std::span<float> values) {
                           std::this_thread::sleep_for(std::chrono::microseconds((row * 7919) % 300));
                           fill(row, values);
                         },
                         {.threads = threads, .ahead = ahead});
      std::size_t batch = 0;
      ImageBatch spent;
      while (std::optional<ImageBatch> given = loader.next(std::move(spent))) {
        ASSERT_EQ(given->rows, batches[batch]);
        ASSERT_EQ(given->pixels.size(), given->rows.size() * 3);
        for (std::size_t i = 0; i < given->pixels.size(); ++i) {
          ASSERT_EQ(given->pixels[i], static_cast<float>(10 * given->rows[i / 3] + i % 3));
        }
        spent = std::move(*given);
        ++batch;
      }
      EXPECT_EQ(batch, batches.size());
      EXPECT_FALSE(loader.next().has_value());
    }
  }
}

/// How a loader of 40 pictures of 3 values may run ahead is what it does.
void expect_no_further_ahead(const LoaderOptions& options, std::size_t batches_ahead) {
  std::atomic<std::size_t> given_out{0};
  std::atomic<bool> too_far{false};
  Batches batches;
  for (std::size_t row = 0; row < 40; ++row) {
    batches.push_back({row});
  }
  BatchLoader loader(
      batches, 3,
      [&](std::size_t row, std::span<float> values) {
        // One more than was given out may be on its way to the consumer, who counts after receiving.
        too_far = too_far || row > given_out + batches_ahead;
        fill(row, values);
      },
      options);
  while (loader.next()) {
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    ++given_out;
  }
  EXPECT_FALSE(too_far);
}

TEST(BatchLoader, never_runs_further_ahead_than_it_may) {
  expect_no_further_ahead({.threads = 3, .ahead = 2}, 2);
}

TEST(BatchLoader, runs_less_far_ahead_where_batches_are_large) {
  constexpr std::size_t kBatchBytes = 3 * sizeof(float);
  expect_no_further_ahead({.threads = 3, .ahead = 9, .ahead_bytes = 2 * kBatchBytes}, 2);
  expect_no_further_ahead({.threads = 3, .ahead = 9, .ahead_bytes = 1}, 1);
}

TEST(BatchLoader, carries_the_first_error_of_a_batch_to_the_consumer) {
  for (int repetition = 0; repetition < 20; ++repetition) {
    BatchLoader loader(uneven_batches(), 3,
                       [](std::size_t row, std::span<float> values) {
                         if (row == 8 || row == 11) {  // two pictures of the third batch
                           throw std::runtime_error("picture " + std::to_string(row));
                         }
                         fill(row, values);
                       },
                       {.threads = 4, .ahead = 3});
    EXPECT_TRUE(loader.next());
    EXPECT_TRUE(loader.next());
    try {
      loader.next();
      FAIL() << "no error";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "picture 8");
    }
  }
}

TEST(BatchLoader, can_be_left_at_any_point) {
  for (std::size_t taken = 0; taken <= uneven_batches().size(); ++taken) {
    BatchLoader loader(uneven_batches(), 3, fill, {.threads = 3, .ahead = 2});
    for (std::size_t i = 0; i < taken; ++i) {
      EXPECT_TRUE(loader.next());
    }
  }
}

TEST(BatchLoader, prepares_pictures_of_one_batch_side_by_side) {
  std::mutex mutex;
  std::condition_variable both_here;
  std::set<std::thread::id> threads;
  BatchLoader loader({{0, 1}}, 3,
                     [&](std::size_t row, std::span<float> values) {
                       fill(row, values);
                       std::unique_lock lock(mutex);
                       threads.insert(std::this_thread::get_id());
                       both_here.notify_all();
                       both_here.wait_for(lock, std::chrono::seconds(30), [&] { return threads.size() == 2; });
                     },
                     {.threads = 2, .ahead = 1});
  EXPECT_TRUE(loader.next());
  EXPECT_EQ(threads.size(), 2U);
}

TEST(BatchLoader, nothing_to_load_is_no_batch) {
  BatchLoader loader({}, 3, fill, {});
  EXPECT_FALSE(loader.next());
}

}  // namespace
}  // namespace niwaki
