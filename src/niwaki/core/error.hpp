#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace niwaki {

/// The exit codes that scripts rely on (docs/formats in the README's table of codes).
enum class ExitCode : int {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kInput = 3,
  kGateSaidNo = 4,
  kInterrupted = 130,
};

/// An error that a person can act on: printed as `<what>: <where>: <what to do>`.
/// `where` is a file, a line and column, an image id, a node name, or a recipe key.
class UserError : public std::runtime_error {
 public:
  UserError(std::string what, std::string where, std::string what_to_do)
      : std::runtime_error(what + ": " + where + ": " + what_to_do),
        problem_(std::move(what)),
        where_(std::move(where)),
        what_to_do_(std::move(what_to_do)) {}

  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] const std::string& where() const { return where_; }
  [[nodiscard]] const std::string& what_to_do() const { return what_to_do_; }

 private:
  std::string problem_;
  std::string where_;
  std::string what_to_do_;
};

/// The input (a file, a value in it, a recipe) is wrong. Exit code 3.
class InputError : public UserError {
 public:
  using UserError::UserError;
};

/// The command line is wrong. Exit code 2.
class UsageError : public UserError {
 public:
  using UserError::UserError;
};

/// The machine failed us: a disk that is full, a folder that cannot be written. Exit code 1.
class MachineError : public UserError {
 public:
  using UserError::UserError;
};

/// Somebody pressed Ctrl-C or sent SIGTERM. What was finished is kept. Exit code 130.
class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("interrupted") {}
};

/// A broken invariant: a bug of ours, never the user's fault. Exit code 1.
class BrokenInvariant : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void fail_check(const char* condition, const char* file, int line, const std::string& detail);

}  // namespace niwaki

/// Throws BrokenInvariant, with the values given, where `condition` does not hold:
///   NIWAKI_CHECK(rows == labels.rows(), "scores have {} rows, labels {}", rows, labels.rows());
#define NIWAKI_CHECK(condition, ...)                                                    \
  do {                                                                                  \
    if (!(condition)) {                                                                 \
      ::niwaki::fail_check(#condition, __FILE__, __LINE__, ::fmt::format(__VA_ARGS__)); \
    }                                                                                   \
  } while (false)
