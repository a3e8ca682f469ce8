#include "niwaki/core/progress.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace niwaki {
namespace {

using Clock = std::chrono::steady_clock;

/// What both kinds count.
class Meter : public Progress {
 public:
  void start(const std::string& job, double total) override {
    job_ = job;
    now_.clear();
    total_ = std::max(total, 1e-9);
    done_ = 0;
    began_ = Clock::now();
    show(true);
  }
  void say(const std::string& now) override {
    now_ = now;
    show(false);
  }
  void advance(double amount) override {
    done_ += amount;
    show(false);
  }
  void finish() override { finished(); }

 protected:
  virtual void show(bool first) = 0;
  virtual void finished() = 0;

  [[nodiscard]] double share() const { return std::clamp(done_ / total_, 0.0, 1.0); }
  [[nodiscard]] std::chrono::duration<double> elapsed() const { return Clock::now() - began_; }
  [[nodiscard]] std::string time_left() const {
    // Before a hundredth is done the estimate would only be noise.
    if (share() < 0.01) {
      return "";
    }
    return fmt::format(", {} left", format_duration(elapsed() * ((1 - share()) / share())));
  }
  [[nodiscard]] const std::string& job() const { return job_; }
  [[nodiscard]] const std::string& now() const { return now_; }

 private:
  std::string job_;
  std::string now_;
  double total_ = 1;
  double done_ = 0;
  Clock::time_point began_;
};

/// One line that is drawn over itself, ten times a second at most.
class TerminalProgress : public Meter {
 protected:
  void show(bool first) override {
    const auto time = Clock::now();
    if (!first && time - drawn_ < std::chrono::milliseconds(100)) {
      return;
    }
    drawn_ = time;
    draw();
  }
  void finished() override { fmt::print(stderr, "\r\033[K{}: done in {}\n", job(), format_duration(elapsed())); }

 private:
  void draw() const {
    constexpr int kBarWidth = 24;
    const int filled = static_cast<int>(std::lround(share() * kBarWidth));
    std::string bar;
    for (int i = 0; i < kBarWidth; ++i) {
      bar += i < filled ? "█" : "░";
    }
    const std::string head = fmt::format("{:3.0f}%{}  ", 100 * share(), time_left());
    const std::size_t room = columns() > kBarWidth + head.size() + 2 ? columns() - kBarWidth - head.size() - 2 : 0;
    fmt::print(stderr, "\r\033[K{} {}{}", bar, head, now().substr(0, room));
    std::fflush(stderr);
  }

  static std::size_t columns() {
    winsize size{};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  }

  Clock::time_point drawn_;
};

/// For logs: a line at each tenth, and every 30 seconds.
class PlainProgress : public Meter {
 protected:
  void show(bool first) override {
    const auto time = Clock::now();
    const int tenth = static_cast<int>(share() * 10);
    if (!first && tenth <= tenth_ && time - printed_ < std::chrono::seconds(30)) {
      return;
    }
    tenth_ = first ? 0 : std::max(tenth, tenth_);
    printed_ = time;
    const std::string doing = now().empty() ? "" : fmt::format(" ({})", now());
    fmt::print(stderr, "{}: {:.0f}%{}{}\n", job(), 100 * share(), time_left(), doing);
  }
  void finished() override { fmt::print(stderr, "{}: done in {}\n", job(), format_duration(elapsed())); }

 private:
  int tenth_ = 0;
  Clock::time_point printed_;
};

}  // namespace

std::unique_ptr<Progress> make_progress(bool quiet) {
  if (quiet) {
    return std::make_unique<SilentProgress>();
  }
  if (isatty(STDERR_FILENO) != 0) {
    return std::make_unique<TerminalProgress>();
  }
  return std::make_unique<PlainProgress>();
}

std::string format_duration(std::chrono::duration<double> duration) {
  const auto seconds = static_cast<long long>(std::llround(std::max(0.0, duration.count())));
  if (seconds < 60) {
    return fmt::format("{} s", seconds);
  }
  if (seconds < 3600) {
    return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  }
  return fmt::format("{} h {:02} min", seconds / 3600, seconds / 60 % 60);
}

}  // namespace niwaki
