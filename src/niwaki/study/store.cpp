#include "niwaki/study/store.hpp"

#include <chrono>

#include <fcntl.h>
#include <fmt/chrono.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/hash.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

constexpr int kSchemaVersion = 1;
constexpr const char* kSchema = R"sql(
CREATE TABLE IF NOT EXISTS units (
  id TEXT PRIMARY KEY,
  input_hash TEXT NOT NULL,
  status TEXT NOT NULL,
  started TEXT NOT NULL,
  seconds REAL NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS outputs (
  unit TEXT NOT NULL REFERENCES units(id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  PRIMARY KEY (unit, path)
);
)sql";

std::string now_utc() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

/// A connection that throws instead of returning codes.
class Database {
 public:
  Database(const fs::path& path, int flags) : path_(path) {
    if (sqlite3_open_v2(path.c_str(), &handle_, flags, nullptr) != SQLITE_OK) {
      const std::string reason = sqlite3_errmsg(handle_);
      sqlite3_close(handle_);
      throw MachineError(fmt::format("the study's database cannot be opened ({})", reason), path_.string(),
                         "check that the folder may be written to");
    }
    sqlite3_busy_timeout(handle_, 5000);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  Database(Database&&) = delete;
  Database& operator=(Database&&) = delete;
  ~Database() { sqlite3_close(handle_); }

  void run(const char* sql) {
    if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
      fail();
    }
  }
  [[nodiscard]] sqlite3* handle() const { return handle_; }
  [[noreturn]] void fail() const {
    const int code = sqlite3_errcode(handle_);
    const std::string reason = sqlite3_errmsg(handle_);
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) {
      throw InputError(fmt::format("the study's database is broken ({})", reason), path_.string(),
                       "remove the study folder and run again");
    }
    throw MachineError(fmt::format("the study's database cannot be used ({})", reason), path_.string(),
                       "check the disk's space and the folder's rights");
  }

 private:
  fs::path path_;
  sqlite3* handle_ = nullptr;
};

/// One prepared statement; ? are bound in order.
class Statement {
 public:
  Statement(const Database& database, const char* sql) : database_(database) {
    if (sqlite3_prepare_v2(database.handle(), sql, -1, &statement_, nullptr) != SQLITE_OK) {
      database.fail();
    }
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement(Statement&&) = delete;
  Statement& operator=(Statement&&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }

  Statement& bind(const std::string& text) {
    sqlite3_bind_text(statement_, ++bound_, text.c_str(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    return *this;
  }
  Statement& bind(std::uint64_t number) {
    sqlite3_bind_int64(statement_, ++bound_, static_cast<sqlite3_int64>(number));
    return *this;
  }
  Statement& bind(double number) {
    sqlite3_bind_double(statement_, ++bound_, number);
    return *this;
  }
  /// True where there is a row.
  bool step() {
    const int code = sqlite3_step(statement_);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
      database_.fail();
    }
    return code == SQLITE_ROW;
  }
  std::string text(int column) {
    const auto* value = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return value == nullptr ? "" : value;
  }
  std::uint64_t integer(int column) { return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column)); }
  double real(int column) { return sqlite3_column_double(statement_, column); }

 private:
  const Database& database_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

std::vector<OutputFile> read_outputs(const Database& database, const std::string& unit) {
  Statement query(database, "SELECT path, bytes, sha256 FROM outputs WHERE unit = ? ORDER BY path");
  query.bind(unit);
  std::vector<OutputFile> outputs;
  while (query.step()) {
    outputs.push_back({query.text(0), query.integer(1), query.text(2)});
  }
  return outputs;
}

std::vector<UnitRecord> read_units(const Database& database, const std::string& condition,
                                   const std::string& argument) {
  Statement query(database,
                  ("SELECT id, input_hash, status, started, seconds FROM units " + condition + " ORDER BY id").c_str());
  if (!argument.empty()) {
    query.bind(argument);
  }
  std::vector<UnitRecord> units;
  while (query.step()) {
    units.push_back({query.text(0), query.text(1), query.text(2), query.text(3), query.real(4), {}});
  }
  for (UnitRecord& unit : units) {
    unit.outputs = read_outputs(database, unit.id);
  }
  return units;
}

void check_version(const Database& database, const fs::path& folder) {
  Statement query(database, "PRAGMA user_version");
  query.step();
  if (query.integer(0) > kSchemaVersion) {
    throw InputError("the study was made by a later niwaki", folder.string(), "use that program, or another folder");
  }
}

/// The lock file's descriptor; the lock goes with the process.
int lock_folder(const fs::path& folder) {
  const fs::path path = folder / ".lock";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    throw MachineError("the folder may not be written to", folder.string(), "choose another or change its rights");
  }
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor);
    throw InputError("another niwaki is at work in this folder", folder.string(),
                     "wait for it, stop it, or choose another --out");
  }
  return descriptor;
}

void check_is_study_or_empty(const fs::path& folder) {
  if (fs::exists(folder) && !fs::is_directory(folder)) {
    throw InputError("this is a file, not a folder", folder.string(), "choose another --out");
  }
  if (!fs::exists(folder) || fs::exists(folder / "study.db")) {
    return;
  }
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename() != ".lock") {
      throw InputError("the folder holds files but no study", folder.string(),
                       "choose a new or empty folder for --out");
    }
  }
}

}  // namespace

struct StudyStore::State {
  fs::path folder;
  int lock = -1;
  Database database;

  explicit State(const fs::path& where)
      : folder(where),
        lock(lock_folder(where)),
        database(where / "study.db", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  State(State&&) = delete;
  State& operator=(State&&) = delete;
  ~State() { ::close(lock); }
};

StudyStore::StudyStore(const fs::path& folder) {
  check_is_study_or_empty(folder);
  make_folder(folder);
  state_ = std::make_unique<State>(folder);
  Database& database = state_->database;
  check_version(database, folder);
  database.run("PRAGMA foreign_keys = ON");
  database.run(kSchema);
  database.run(fmt::format("PRAGMA user_version = {}", kSchemaVersion).c_str());
  remove_partial_files(folder);
}

StudyStore::~StudyStore() = default;

const fs::path& StudyStore::folder() const {
  return state_->folder;
}

std::optional<UnitRecord> StudyStore::find(const std::string& id) const {
  std::vector<UnitRecord> found = read_units(state_->database, "WHERE id = ?", id);
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::vector<UnitRecord> StudyStore::all() const {
  return read_units(state_->database, "", "");
}

bool StudyStore::is_done(const std::string& id, const std::string& input_hash) const {
  const std::optional<UnitRecord> unit = find(id);
  if (!unit || unit->status != "done" || unit->input_hash != input_hash) {
    return false;
  }
  for (const OutputFile& output : unit->outputs) {
    std::error_code error;
    if (fs::file_size(state_->folder / output.path, error) != output.bytes || error) {
      return false;
    }
  }
  return true;
}

void StudyStore::begin(const std::string& id, const std::string& input_hash) {
  Statement(state_->database, "DELETE FROM units WHERE id = ?").bind(id).step();
  Statement(state_->database, "INSERT INTO units (id, input_hash, status, started) VALUES (?, ?, 'running', ?)")
      .bind(id)
      .bind(input_hash)
      .bind(now_utc())
      .step();
}

void StudyStore::finish(const std::string& id, const std::vector<std::string>& outputs, double seconds) {
  Database& database = state_->database;
  database.run("BEGIN IMMEDIATE");
  for (const std::string& path : outputs) {
    Statement(database, "INSERT OR REPLACE INTO outputs (unit, path, bytes, sha256) VALUES (?, ?, ?, ?)")
        .bind(id)
        .bind(path)
        .bind(std::uint64_t{fs::file_size(state_->folder / path)})
        .bind(sha256_file(state_->folder / path))
        .step();
  }
  Statement(database, "UPDATE units SET status = 'done', seconds = ? WHERE id = ?").bind(seconds).bind(id).step();
  database.run("COMMIT");
}

std::vector<UnitRecord> read_study_records(const fs::path& folder) {
  if (!fs::exists(folder / "study.db")) {
    throw InputError("this is no study folder (it has no study.db)", folder.string(), "name the --out of a study");
  }
  const Database database(folder / "study.db", SQLITE_OPEN_READONLY);
  return read_units(database, "", "");
}

}  // namespace niwaki
