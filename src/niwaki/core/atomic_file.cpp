#include "niwaki/core/atomic_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/input_file.hpp"
#include "niwaki/core/parallel.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPartialMark = ".partial-";

[[noreturn]] void fail_write(const fs::path& path, int error) {
  const char* advice = error == ENOSPC || error == EDQUOT ? "free some space and run again; what was finished is kept"
                                                          : "check that the folder exists and may be written to";
  throw MachineError(fmt::format("cannot write ({})", std::strerror(error)), path.string(), advice);
}

void sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor >= 0) {
    ::fsync(descriptor);
    ::close(descriptor);
  }
}

}  // namespace

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
  partial_ = path_.parent_path() / fmt::format(".{}{}{}", path_.filename().string(), kPartialMark, ::getpid());
  descriptor_ = ::open(partial_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor_ < 0) {
    fail_write(path_, errno);
  }
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
    ::unlink(partial_.c_str());
  }
}

void AtomicFile::write(std::string_view bytes) {
  NIWAKI_CHECK(descriptor_ >= 0, "{} was committed already", path_.string());
  synced_ = false;
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) {
        continue;
      }
      fail_write(path_, errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void AtomicFile::sync() {
  NIWAKI_CHECK(descriptor_ >= 0, "{} was committed already", path_.string());
  if (::fsync(descriptor_) != 0) {
    fail_write(path_, errno);
  }
  synced_ = true;
}

void AtomicFile::sync_and_rename() {
  if (!synced_) {
    sync();
  }
  if (::rename(partial_.c_str(), path_.c_str()) != 0) {
    fail_write(path_, errno);
  }
  ::close(descriptor_);
  descriptor_ = -1;
}

void AtomicFile::commit() {
  NIWAKI_CHECK(descriptor_ >= 0, "{} was committed already", path_.string());
  sync_and_rename();
  sync_folder(path_.parent_path());
}

void write_file(const fs::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

namespace {

/// A file that is written part by part, in order, while its later parts are still being made.
class FileInParts {
 public:
  explicit FileInParts(const FileToWrite& file) : path_(file.path), texts_(file.parts.size()) {}

  /// Who brings the next part writes it and all that then can be; a part that comes meanwhile is left to him.
  void take(std::size_t part, std::string text) {
    std::unique_lock lock(mutex_);
    texts_[part] = std::move(text);
    if (writing_) {
      return;
    }
    writing_ = true;
    while (next_ < texts_.size() && texts_[next_]) {
      const std::string ready = std::move(*texts_[next_]);
      lock.unlock();
      write(ready, next_ + 1 == texts_.size());
      lock.lock();
      ++next_;
    }
    writing_ = false;
  }

  [[nodiscard]] AtomicFile& file() { return *file_; }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  void write(const std::string& text, bool last) {
    if (!file_) {
      file_ = std::make_unique<AtomicFile>(path_);
    }
    file_->write(text);
    if (last) {
      file_->sync();
    }
  }

  const fs::path& path_;
  std::unique_ptr<AtomicFile> file_;
  std::mutex mutex_;
  std::vector<std::optional<std::string>> texts_;  // one a part, once it is made
  std::size_t next_ = 0;                           // the first that is not written
  bool writing_ = false;
};

/// Of which file, and which of its parts. Files of one part come first, for they cannot be divided when the others are
/// through, and of these the last, which is most often the largest.
std::vector<std::pair<std::size_t, std::size_t>> making_order(std::span<const FileToWrite> files) {
  std::vector<std::pair<std::size_t, std::size_t>> order;
  for (std::size_t i = files.size(); i-- > 0;) {
    for (std::size_t part = 0; part < files[i].parts.size(); ++part) {
      order.emplace_back(i, part);
    }
  }
  std::stable_partition(order.begin(), order.end(),
                        [&](const auto& each) { return files[each.first].parts.size() == 1; });
  return order;
}

}  // namespace

void write_files(std::span<const FileToWrite> files) {
  std::deque<FileInParts> written;
  for (const FileToWrite& file : files) {
    NIWAKI_CHECK(!file.parts.empty(), "{} has no parts", file.path.string());
    written.emplace_back(file);
  }
  const std::vector<std::pair<std::size_t, std::size_t>> order = making_order(files);
  parallel_for(order.size(), [&](std::size_t turn) {
    const auto [i, part] = order[turn];
    written[i].take(part, files[i].parts[part]());
  });
  std::set<fs::path> folders;
  for (FileInParts& each : written) {
    each.file().sync_and_rename();
    folders.insert(each.path().parent_path());
  }
  for (const fs::path& folder : folders) {
    sync_folder(folder);
  }
}

std::string read_file(const fs::path& path, std::size_t limit) {
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  InputFile file(path);
  std::string bytes;
  std::size_t filled = 0;
  do {
    if (filled > limit || file.size() > limit) {
      throw InputError(fmt::format("the file is larger than {} bytes", limit), path.string(),
                       "check that it is the right file");
    }
    // One byte more than it is said to hold, so that the end is seen; more where it grew, or nobody could say.
    bytes.resize(filled == 0 ? file.size() + 1 : bytes.size() + kBlock);
    filled += file.read(bytes.data() + filled, bytes.size() - filled);
  } while (filled == bytes.size());
  bytes.resize(filled);
  return bytes;
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error || !fs::is_directory(folder)) {
    throw MachineError(fmt::format("cannot make the folder ({})", error ? error.message() : "a file has its name"),
                       folder.string(), "choose a folder that may be written to");
  }
  if (::access(folder.c_str(), W_OK) != 0) {
    throw MachineError("the folder may not be written to", folder.string(), "choose another or change its rights");
  }
}

void remove_partial_files(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with('.') && name.find(kPartialMark) != std::string::npos) {
      found.push_back(entry->path());
    }
  }
  for (const fs::path& path : found) {
    fs::remove(path, error);
  }
}

}  // namespace niwaki
