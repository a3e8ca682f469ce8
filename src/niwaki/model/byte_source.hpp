#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace niwaki {

/// Gives up to `count` more bytes, 0 at the end. Throws InputError.
using ByteSource = std::function<std::size_t(char* bytes, std::size_t count)>;

ByteSource file_source(const std::filesystem::path& path);

/// The bytes must outlive it.
ByteSource memory_source(std::string_view bytes);

/// Refuses, by an InputError naming `name`, more than `limit` bytes (a zstd bomb), and bytes of which the program makes
/// far more memory than they are (a protobuf message of millions of empty messages: two bytes each in the file, a
/// hundred in memory).
ByteSource guarded_source(ByteSource from, const std::string& name, std::size_t limit);

}  // namespace niwaki
