#include "niwaki/core/input_file.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kAtOnce = std::size_t{1} << 30;  // the kernel reads no more than 2 GiB in one call

}  // namespace

InputFile::InputFile(std::filesystem::path path) : path_(std::move(path)) {
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) {
    const bool missing = errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG;
    throw InputError(missing ? "no such file" : "the file cannot be opened", path_.string(),
                     missing ? "check the path" : "check that you may read it");
  }
  struct stat status = {};
  const bool known = ::fstat(descriptor_, &status) == 0;
  if (known && S_ISDIR(status.st_mode)) {
    ::close(descriptor_);
    throw InputError("this is a folder, not a file", path_.string(), "name a file in it");
  }
  size_ = known && S_ISREG(status.st_mode) ? static_cast<std::size_t>(status.st_size) : 0;
}

InputFile::~InputFile() {
  ::close(descriptor_);
}

std::size_t InputFile::read(char* bytes, std::size_t count) {
  std::size_t filled = 0;
  while (filled < count) {
    const ssize_t got = ::read(descriptor_, bytes + filled, std::min(count - filled, kAtOnce));
    if (got == 0) {
      break;
    }
    if (got > 0) {
      filled += static_cast<std::size_t>(got);
    } else if (errno != EINTR) {
      throw InputError("the file cannot be read", path_.string(), "check the disk");
    }
  }
  return filled;
}

}  // namespace niwaki
