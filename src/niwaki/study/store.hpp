#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace niwaki {

/// A file that a unit made, relative to the study folder, and what it held.
struct OutputFile {
  std::string path;
  std::uint64_t bytes = 0;
  std::string sha256;
};

/// What study.db knows of a unit.
struct UnitRecord {
  std::string id;
  std::string input_hash;  // of all that the unit depends on
  std::string status;      // "running" or "done"
  std::string started;     // UTC, ISO 8601
  double seconds = 0;      // 0 while it runs
  std::vector<OutputFile> outputs;
};

/// A study folder that one process at a time may work in: study.db (SQLite: what was done, from what, with what result)
/// and a lock that the system lets go of when the process ends, however it ends.
class StudyStore {
 public:
  /// Makes the folder where needed. Throws InputError where another process works in it, where it holds files but no
  /// study, or where study.db is of a later program; MachineError where it cannot be written to.
  explicit StudyStore(const std::filesystem::path& folder);
  ~StudyStore();
  StudyStore(const StudyStore&) = delete;
  StudyStore& operator=(const StudyStore&) = delete;
  StudyStore(StudyStore&&) = delete;
  StudyStore& operator=(StudyStore&&) = delete;

  [[nodiscard]] const std::filesystem::path& folder() const;

  /// True where the unit was done from the same inputs and its files are there, of the recorded sizes.
  [[nodiscard]] bool is_done(const std::string& id, const std::string& input_hash) const;
  void begin(const std::string& id, const std::string& input_hash);
  /// Records the files (relative paths) that the unit has written, and that it is done.
  void finish(const std::string& id, const std::vector<std::string>& outputs, double seconds);
  [[nodiscard]] std::optional<UnitRecord> find(const std::string& id) const;
  [[nodiscard]] std::vector<UnitRecord> all() const;  // by id

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The records of a study folder, without taking its lock (`niwaki inspect`). Throws InputError where it is no study.
std::vector<UnitRecord> read_study_records(const std::filesystem::path& folder);

}  // namespace niwaki
