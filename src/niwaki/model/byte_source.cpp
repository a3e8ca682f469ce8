#include "niwaki/model/byte_source.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>

#include <unistd.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/input_file.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kLookEvery = std::size_t{1} << 20;  // bytes between two looks at the memory
constexpr std::size_t kAlways = std::size_t{256} << 20;   // bytes of memory that any network may take
constexpr std::size_t kTimesItsBytes = 4;                 // lists of numbers grow by doubling

/// Bytes of memory that this process has now, 0 where that cannot be told.
std::size_t resident_bytes() {
  const std::unique_ptr<std::FILE, decltype(&std::fclose)> file(std::fopen("/proc/self/statm", "r"), std::fclose);
  unsigned long all = 0;
  unsigned long resident = 0;
  if (file == nullptr || std::fscanf(file.get(), "%lu %lu", &all, &resident) != 2) {
    return 0;
  }
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

ByteSource file_source(const std::filesystem::path& path) {
  const auto file = std::make_shared<InputFile>(path);
  return [file](char* bytes, std::size_t count) { return file->read(bytes, count); };
}

ByteSource memory_source(std::string_view bytes) {
  return [left = bytes](char* into, std::size_t count) mutable {
    count = std::min(count, left.size());
    if (count > 0) {
      std::memcpy(into, left.data(), count);
    }
    left.remove_prefix(count);
    return count;
  };
}

ByteSource guarded_source(ByteSource from, const std::string& name, std::size_t limit) {
  return [from = std::move(from), name, limit, given = std::size_t{0}, next_look = kLookEvery,
          before = resident_bytes()](char* bytes, std::size_t count) mutable {
    const std::size_t more = from(bytes, count);
    given += more;
    if (given > limit) {
      throw InputError(fmt::format("it holds more than {} bytes", limit), name, "check that it is the right file");
    }
    if (given >= next_look) {
      next_look = given + kLookEvery;
      if (resident_bytes() > before + kAlways + kTimesItsBytes * given) {
        throw InputError("it takes far more memory than a network of its size", name,
                         "check that it is the right file");
      }
    }
    return more;
  };
}

}  // namespace niwaki
