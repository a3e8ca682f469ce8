#include "niwaki/cohort/batch_loader.hpp"

#include <algorithm>
#include <utility>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

std::size_t batches_ahead(const std::vector<std::vector<std::size_t>>& batches, std::size_t values,
                          const LoaderOptions& options) {
  std::size_t largest = 1;
  for (const auto& rows : batches) {
    largest = std::max(largest, rows.size() * values * sizeof(float));
  }
  return std::clamp(options.ahead_bytes / largest, std::size_t{1}, std::max(options.ahead, std::size_t{1}));
}

}  // namespace

BatchLoader::BatchLoader(std::vector<std::vector<std::size_t>> batches, std::size_t values, Prepare prepare,
                         const LoaderOptions& options)
    : batches_(std::move(batches)),
      values_(values),
      prepare_(std::move(prepare)),
      slots_(batches_ahead(batches_, values, options)) {
  NIWAKI_CHECK(options.threads >= 1 && options.ahead >= 1, "{} threads, {} batches", options.threads, options.ahead);
  NIWAKI_CHECK(std::ranges::none_of(batches_, [](const auto& rows) { return rows.empty(); }), "a batch is empty");
  for (std::size_t batch = 0; batch < std::min(slots_.size(), batches_.size()); ++batch) {
    open_slot(batch);
  }
  for (std::size_t thread = 0; thread < options.threads; ++thread) {
    threads_.emplace_back([this] { work(); });
  }
}

BatchLoader::~BatchLoader() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  task_available_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

void BatchLoader::open_slot(std::size_t batch) {
  Slot& slot = slot_of(batch);
  if (!spare_.empty()) {
    slot.pixels = std::move(spare_.back());
    spare_.pop_back();
  }
  slot.pixels.resize(batches_[batch].size() * values_);
  slot.waiting_for = batches_[batch].size();
  slot.error = nullptr;
  opened_ = batch + 1;
}

std::optional<BatchLoader::Task> BatchLoader::take_task() {
  std::unique_lock lock(mutex_);
  task_available_.wait(
      lock, [this] { return stopping_ || next_task_.batch >= batches_.size() || next_task_.batch < opened_; });
  if (stopping_ || next_task_.batch >= batches_.size()) {
    return std::nullopt;
  }
  const Task task = next_task_;
  if (++next_task_.position == batches_[task.batch].size()) {
    next_task_ = {.batch = task.batch + 1, .position = 0};
  }
  return task;
}

void BatchLoader::finish_task(const Task& task, std::exception_ptr error) {
  const std::lock_guard lock(mutex_);
  Slot& slot = slot_of(task.batch);
  if (error && (!slot.error || task.position < slot.error_position)) {
    slot.error = std::move(error);
    slot.error_position = task.position;
  }
  if (--slot.waiting_for == 0) {
    batch_complete_.notify_one();
  }
}

void BatchLoader::work() {
  while (const std::optional<Task> task = take_task()) {
    std::exception_ptr error;
    try {
      // The slot's memory stays where it is until the last of its tasks is finished.
      float* values = slot_of(task->batch).pixels.data() + task->position * values_;
      prepare_(batches_[task->batch][task->position], {values, values_});
    } catch (...) {
      error = std::current_exception();
    }
    finish_task(*task, std::move(error));
  }
}

std::optional<ImageBatch> BatchLoader::next(ImageBatch spent) {
  if (consumed_ == batches_.size()) {
    return std::nullopt;
  }
  std::unique_lock lock(mutex_);
  Slot& slot = slot_of(consumed_);
  batch_complete_.wait(lock, [&slot] { return slot.waiting_for == 0; });
  if (slot.error) {
    stopping_ = true;
    std::rethrow_exception(slot.error);
  }
  ImageBatch batch{.rows = batches_[consumed_], .pixels = std::move(slot.pixels)};
  ++consumed_;
  if (!spent.pixels.empty()) {
    spare_.push_back(std::move(spent.pixels));
  }
  if (opened_ < batches_.size()) {
    open_slot(opened_);
    lock.unlock();
    task_available_.notify_all();
  }
  return batch;
}

}  // namespace niwaki
