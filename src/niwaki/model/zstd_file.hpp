#pragma once

#include <string>
#include <string_view>

namespace niwaki {

/// Packed by zstd at this level, with a checksum.
std::string zstd_packed(std::string_view bytes, int level = 3);

/// Unpacked; more than `limit` bytes are refused before they are held (a zstd bomb). Throws InputError naming `name`.
std::string zstd_unpacked(std::string_view bytes, const std::string& name, std::size_t limit);

}  // namespace niwaki
