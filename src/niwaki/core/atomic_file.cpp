#include "niwaki/core/atomic_file.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <memory>
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

/// A file of which parts are still being made.
struct FileInParts {
  std::vector<std::string> texts;
  std::atomic<std::size_t> missing;
  std::unique_ptr<AtomicFile> file;

  explicit FileInParts(std::size_t parts) : texts(parts), missing(parts) {}

  void write(const fs::path& path) {
    file = std::make_unique<AtomicFile>(path);
    for (std::string& text : texts) {
      file->write(text);
      std::string().swap(text);
    }
    file->sync();
  }
};

}  // namespace

void write_files(std::span<const FileToWrite> files) {
  std::deque<FileInParts> written;
  std::vector<std::pair<std::size_t, std::size_t>> parts;  // of which file, and which of its parts
  for (std::size_t i = 0; i < files.size(); ++i) {
    written.emplace_back(files[i].parts.size());
    for (std::size_t part = 0; part < files[i].parts.size(); ++part) {
      parts.emplace_back(i, part);
    }
  }
  // From the last file, which is most often the largest.
  parallel_for(parts.size(), [&](std::size_t turn) {
    const auto [i, part] = parts[parts.size() - 1 - turn];
    written[i].texts[part] = files[i].parts[part]();
    if (--written[i].missing == 0) {
      written[i].write(files[i].path);
    }
  });
  std::set<fs::path> folders;
  for (const FileInParts& each : written) {
    each.file->sync_and_rename();
    folders.insert(each.file->path_.parent_path());
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
