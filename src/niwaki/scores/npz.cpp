#include <algorithm>
#include <memory>

#include <zip.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/scores/table.hpp"

namespace niwaki {
namespace {

// Deflate cannot do better than 1,032 to 1 (zlib's technical notes); an entry that claims more is a trap.
constexpr zip_uint64_t kLargestRatio = 1032;
constexpr zip_uint64_t kSlack = 4096;

struct CloseArchive {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseEntry {
  void operator()(zip_file_t* entry) const { zip_fclose(entry); }
};
using Archive = std::unique_ptr<zip_t, CloseArchive>;
using Entry = std::unique_ptr<zip_file_t, CloseEntry>;

constexpr const char* kWriteAgain = "write it with numpy.savez(path, scores=array.astype('float32'))";

Archive open_archive(const std::filesystem::path& path) {
  if (!std::filesystem::is_regular_file(path)) {
    throw InputError("there is no such file", path.string(), "check the path");
  }
  int code = 0;
  Archive archive(zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code));
  if (!archive) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string reason = zip_error_strerror(&error);
    zip_error_fini(&error);
    throw InputError(fmt::format("this is no .npz archive ({})", reason), path.string(), kWriteAgain);
  }
  return archive;
}

struct ArrayEntry {
  std::string key;  // the entry's name without ".npy"
  zip_uint64_t index = 0;
};

std::vector<ArrayEntry> array_entries(zip_t* archive) {
  constexpr std::string_view kEnding = ".npy";
  std::vector<ArrayEntry> entries;
  const zip_int64_t count = zip_get_num_entries(archive, 0);
  for (zip_int64_t index = 0; index < count; ++index) {
    const char* name = zip_get_name(archive, static_cast<zip_uint64_t>(index), 0);
    if (name != nullptr && std::string_view(name).ends_with(kEnding)) {
      std::string key(name);
      key.resize(key.size() - kEnding.size());
      entries.push_back({std::move(key), static_cast<zip_uint64_t>(index)});
    }
  }
  return entries;
}

ArrayEntry chosen_entry(const std::vector<ArrayEntry>& entries, const std::string& key, const std::string& name) {
  std::vector<std::string> keys;
  for (const ArrayEntry& entry : entries) {
    keys.push_back(entry.key);
  }
  if (entries.empty()) {
    throw InputError("the archive holds no array", name, kWriteAgain);
  }
  if (key.empty()) {
    if (entries.size() > 1) {
      throw InputError(fmt::format("the archive holds {} arrays ({})", entries.size(), joined(keys, ", ")), name,
                       fmt::format("say which: {}:{}", name, keys.front()));
    }
    return entries.front();
  }
  const auto found = std::find(keys.begin(), keys.end(), key);
  if (found == keys.end()) {
    throw InputError(fmt::format("the archive holds no array '{}'{}", key, did_you_mean(key, keys)), name,
                     fmt::format("choose one of: {}", joined(keys, ", ")));
  }
  return entries[static_cast<std::size_t>(found - keys.begin())];
}

/// The size that the entry unpacks to, believed only where its packed size allows it.
std::size_t checked_size(zip_t* archive, zip_uint64_t index, const std::filesystem::path& path,
                         const std::string& name) {
  zip_stat_t status;
  zip_stat_init(&status);
  constexpr zip_uint64_t kNeeded = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
  if (zip_stat_index(archive, index, 0, &status) != 0 || (status.valid & kNeeded) != kNeeded) {
    throw InputError("the archive does not say how large the array is", name, kWriteAgain);
  }
  if (status.comp_method != ZIP_CM_STORE && status.comp_method != ZIP_CM_DEFLATE) {
    throw InputError(fmt::format("the array is packed by method {}", status.comp_method), name,
                     "use numpy.savez or numpy.savez_compressed");
  }
  if (status.comp_size > std::filesystem::file_size(path) || status.size > status.comp_size * kLargestRatio + kSlack) {
    throw InputError(fmt::format("the archive claims an array of {} bytes, more than it can hold", status.size), name,
                     "the file is damaged; write it again");
  }
  return status.size;
}

std::string unpacked(zip_t* archive, zip_uint64_t index, std::size_t size, const std::string& name) {
  const auto refuse = [&](const std::string& reason) -> std::string {
    throw InputError(fmt::format("the array cannot be unpacked ({})", reason), name,
                     "the file is damaged; write it again");
  };
  const Entry entry(zip_fopen_index(archive, index, 0));
  if (!entry) {
    return refuse(zip_strerror(archive));
  }
  // One byte more than the size, so that the end is seen and with it the checksum is tested.
  std::string bytes(size + 1, '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const zip_int64_t got = zip_fread(entry.get(), bytes.data() + filled, bytes.size() - filled);
    if (got < 0) {
      return refuse(zip_file_strerror(entry.get()));
    }
    if (got == 0) {
      break;
    }
    filled += static_cast<std::size_t>(got);
  }
  if (filled != size) {
    return refuse(fmt::format("{} bytes instead of {}", filled, size));
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace

FloatArray read_npz(const std::filesystem::path& path, const std::string& key) {
  const Archive archive = open_archive(path);
  const ArrayEntry entry = chosen_entry(array_entries(archive.get()), key, path.string());
  const std::string name = fmt::format("{}:{}", path.string(), entry.key);
  const std::size_t size = checked_size(archive.get(), entry.index, path, name);
  return parse_npy(unpacked(archive.get(), entry.index, size, name), name);
}

}  // namespace niwaki
