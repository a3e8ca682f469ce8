#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

namespace niwaki {

/// Pictures that go through the network together: `rows` says which, `pixels` holds them [rows, values] row-major.
struct ImageBatch {
  std::vector<std::size_t> rows;
  std::vector<float> pixels;
};

struct LoaderOptions {
  std::size_t threads = 1;  // that prepare pictures
  std::size_t ahead = 3;    // batches in memory at most, the one that next() gave last not counted
  /// Fewer batches where they would be larger than this in all, but always one: memory must not grow with the pictures.
  std::size_t ahead_bytes = std::size_t{256} << 20;
};

/// Prepares batches of pictures in background threads ahead of who consumes them. What a batch holds depends on
/// `batches` and `prepare` alone, never on timing. Pictures of one batch are prepared by several threads.
class BatchLoader {
 public:
  /// Fills the values of the picture at this row; called from several threads at a time.
  using Prepare = std::function<void(std::size_t row, std::span<float> values)>;

  /// `batches`: the rows of each batch, in the order in which next() gives them; none empty. `values`: floats a
  /// picture.
  BatchLoader(std::vector<std::vector<std::size_t>> batches, std::size_t values, Prepare prepare,
              const LoaderOptions& options);
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;
  BatchLoader(BatchLoader&&) = delete;
  BatchLoader& operator=(BatchLoader&&) = delete;
  /// Stops the threads after the pictures that they are at.
  ~BatchLoader();

  /// The next batch, waiting for it where it must; nothing after the last. Throws what `prepare` threw for a picture of
  /// this batch (of the first such picture, where there are several); the loader is spent then. One thread calls this.
  /// The pixels of the batch given before are used again: it must be handed back in `spent`, or be dropped.
  std::optional<ImageBatch> next(ImageBatch spent = {});

 private:
  /// A batch on its way: batch b is in slot b % slots.
  struct Slot {
    std::vector<float> pixels;
    std::size_t waiting_for = 0;  // pictures not yet prepared
    std::exception_ptr error;
    std::size_t error_position = 0;
  };
  /// Picture `position` of batch `batch`.
  struct Task {
    std::size_t batch = 0;
    std::size_t position = 0;
  };

  void work();
  std::optional<Task> take_task();
  void finish_task(const Task& task, std::exception_ptr error);
  void open_slot(std::size_t batch);
  [[nodiscard]] Slot& slot_of(std::size_t batch) { return slots_[batch % slots_.size()]; }

  const std::vector<std::vector<std::size_t>> batches_;
  const std::size_t values_;
  const Prepare prepare_;

  std::mutex mutex_;
  std::condition_variable task_available_;
  std::condition_variable batch_complete_;
  std::vector<Slot> slots_;                // guarded by mutex_, but for the values of a picture, which are its task's
  std::vector<std::vector<float>> spare_;  // memory of batches that were consumed
  Task next_task_;
  std::size_t opened_ = 0;    // batches that have a slot or had one
  std::size_t consumed_ = 0;  // batches given out
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace niwaki
