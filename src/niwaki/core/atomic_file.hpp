#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace niwaki {

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
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path partial_;
  int descriptor_ = -1;
};

/// The whole file in one call.
void write_file(const std::filesystem::path& path, std::string_view bytes);

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
