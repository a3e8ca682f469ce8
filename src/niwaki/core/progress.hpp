#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace niwaki {

/// Where long work says how far it is. Not thread-safe: one thread tells it.
class Progress {
 public:
  Progress() = default;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  Progress(Progress&&) = delete;
  Progress& operator=(Progress&&) = delete;
  virtual ~Progress() = default;

  /// The whole job: `total` in any unit (seconds expected, images, units of a plan).
  virtual void start(const std::string& job, double total) = 0;
  /// What is being done now ("train seed 1, epoch 3 of 8").
  virtual void say(const std::string& now) = 0;
  /// So much more of the total is done.
  virtual void advance(double amount) = 0;
  virtual void finish() = 0;
};

/// Says nothing.
class SilentProgress : public Progress {
 public:
  void start(const std::string& /*job*/, double /*total*/) override {}
  void say(const std::string& /*now*/) override {}
  void advance(double /*amount*/) override {}
  void finish() override {}
};

/// A bar with the time left on standard error where that is a terminal; elsewhere a plain line at
/// each tenth of the job and at least every 30 seconds.
std::unique_ptr<Progress> make_progress(bool quiet);

/// "3 min 20 s", "45 s", "2 h 05 min".
std::string format_duration(std::chrono::duration<double> duration);

}  // namespace niwaki
