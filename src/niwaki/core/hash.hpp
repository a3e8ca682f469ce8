#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace niwaki {

/// SHA-256 (FIPS 180-4, by OpenSSL) of things added one after the other. Text and numbers are added
/// with their length, so that ("ab", "c") and ("a", "bc") differ.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  Hasher& add_bytes(std::string_view bytes);
  Hasher& add(std::string_view text);
  Hasher& add(std::uint64_t number);
  /// 64 lower-case hexadecimal digits. The hasher is spent afterwards.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256(std::string_view bytes);
/// Random bytes that nobody can draw again (OpenSSL's RAND_bytes), for salts: the one choice here that no seed decides.
std::string secret_bytes(std::size_t count);
/// Streams the file. Throws InputError where it cannot be read.
std::string sha256_file(const std::filesystem::path& path);

}  // namespace niwaki
