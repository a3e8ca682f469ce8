#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace niwaki {

/// A file for write_files(): where, and what make its text, one part after the other. Each is called once, perhaps
/// several at the same time.
struct FileToWrite {
  using Part = std::function<std::string()>;
  FileToWrite(std::filesystem::path where, Part text) : path(std::move(where)), parts{std::move(text)} {}
  FileToWrite(std::filesystem::path where, std::vector<Part> texts) : path(std::move(where)), parts(std::move(texts)) {}

  std::filesystem::path path;
  std::vector<Part> parts;
};

/// A file that appears whole or not at all: written under a temporary name in the same folder,
/// synced, then renamed over `path` by commit(). Without commit() (an exception, a full disk)
/// the temporary file is removed and an older `path` stays as it was. A process that is killed
/// leaves at most a `.<name>.partial-<pid>` behind, which remove_partial_files() sweeps.
/// Throws MachineError naming the path where the folder or the disk says no.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  AtomicFile(AtomicFile&&) = delete;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  void write(std::string_view bytes);
  /// What was written is on the disk afterwards. commit() does it where nobody did.
  void sync();
  void commit();

 private:
  friend void write_files(std::span<const FileToWrite> files);
  void sync_and_rename();

  std::filesystem::path path_;
  std::filesystem::path partial_;
  int descriptor_ = -1;
  bool synced_ = false;
};

/// The whole file in one call.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// Makes the texts and brings them to the disk, several at once, so that none waits for the disk after another. Each
/// file appears whole or not at all, and only once all are on the disk; then they appear in this order. So where the
/// last one is there and is new, all are.
void write_files(std::span<const FileToWrite> files);

/// Larger files are refused unless somebody asks for them.
inline constexpr std::size_t kReadLimit = std::size_t{8} << 30;

/// The whole file's bytes. Throws InputError naming `path` where it is missing, is a folder, cannot
/// be read, or is larger than `limit` bytes.
std::string read_file(const std::filesystem::path& path, std::size_t limit = kReadLimit);

/// Makes the folder and its parents. Throws MachineError where it cannot be made or written to.
void make_folder(const std::filesystem::path& folder);

/// Removes what killed processes left below `folder`.
void remove_partial_files(const std::filesystem::path& folder);

}  // namespace niwaki
