#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "niwaki/model/byte_source.hpp"

namespace niwaki {

/// What networks are packed with where nobody says otherwise. docs/models.md has the measurements.
inline constexpr int kZstdLevel = 6;

/// Packed by zstd at this level, with a checksum.
std::string zstd_packed(std::string_view bytes, int level = kZstdLevel);

/// The bytes that `packed` gives, unpacked as they are asked for. Reading throws InputError naming `name` where these
/// are no intact zstd file.
ByteSource zstd_unpacked(ByteSource packed, const std::string& name);

}  // namespace niwaki
