#include "niwaki/core/hash.hpp"

#include <fstream>
#include <vector>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "niwaki/core/error.hpp"

namespace niwaki {

struct Hasher::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() { NIWAKI_CHECK(EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1, "SHA-256 is not to be had"); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  State(State&&) = delete;
  State& operator=(State&&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
};

Hasher::Hasher() : state_(std::make_unique<State>()) {}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

Hasher& Hasher::add_bytes(std::string_view bytes) {
  EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
  return *this;
}

Hasher& Hasher::add(std::string_view text) {
  return add(std::uint64_t{text.size()}).add_bytes(text);
}

Hasher& Hasher::add(std::uint64_t number) {
  std::array<char, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>((number >> (8 * i)) & 0xFF);
  }
  return add_bytes({bytes.data(), bytes.size()});
}

std::string Hasher::hex() {
  std::array<unsigned char, 32> digest{};
  unsigned int length = 0;
  EVP_DigestFinal_ex(state_->context, digest.data(), &length);
  std::string text;
  for (const unsigned char byte : digest) {
    text += fmt::format("{:02x}", byte);
  }
  return text;
}

std::string secret_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  NIWAKI_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) == 1,
               "no random bytes are to be had");
  return bytes;
}

std::string sha256(std::string_view bytes) {
  Hasher hasher;
  hasher.add_bytes(bytes);
  return hasher.hex();
}

std::string sha256_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream || std::filesystem::is_directory(path)) {
    throw InputError("the file cannot be read", path.string(), "check the path and its rights");
  }
  Hasher hasher;
  std::vector<char> block(std::size_t{1} << 20);
  while (stream.read(block.data(), static_cast<std::streamsize>(block.size())) || stream.gcount() > 0) {
    hasher.add_bytes({block.data(), static_cast<std::size_t>(stream.gcount())});
  }
  return hasher.hex();
}

}  // namespace niwaki
