#include "niwaki/train/checkpoint.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/hash.hpp"
#include "niwaki/core/log.hpp"

namespace niwaki {
namespace {

constexpr std::string_view kMagic = "niwaki checkpoint 1\n";
constexpr std::size_t kHashDigits = 64;

/// Numbers as the machine holds them; a text, an array or a map with its size before it.
class Writer {
 public:
  template <typename Number>
  requires std::is_arithmetic_v<Number>
  void add(Number number) { bytes_.append(reinterpret_cast<const char*>(&number), sizeof number); }

  void add(std::string_view text) {
    add<std::uint64_t>(text.size());
    bytes_.append(text);
  }

  template <typename Number>
  void add(const std::vector<Number>& values) {
    add<std::uint64_t>(values.size());
    bytes_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Number));
  }

  void add(const std::map<std::string, Tensor>& tensors) {
    add<std::uint64_t>(tensors.size());
    for (const auto& [name, tensor] : tensors) {
      add(std::string_view(name));
      add(tensor.shape);
      add(tensor.values);
    }
  }

  void add(const Epoch& epoch) {
    add<std::uint64_t>(epoch.number);
    add(epoch.learning_rate);
    add(epoch.train_loss);
    add(epoch.validation_loss);
    add(epoch.validation_ap);
    add<std::uint8_t>(epoch.best ? 1 : 0);
  }

  [[nodiscard]] std::string& bytes() { return bytes_; }

 private:
  std::string bytes_{kMagic};
};

/// The other way round. Throws Damaged where the bytes end too early.
struct Damaged {};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <typename Number>
  Number number() {
    Number number;
    std::memcpy(&number, take(sizeof number).data(), sizeof number);
    return number;
  }

  std::string text() { return std::string(take(number<std::uint64_t>())); }

  template <typename Number>
  std::vector<Number> values() {
    const auto count = number<std::uint64_t>();
    if (count > bytes_.size() / sizeof(Number)) {
      throw Damaged();
    }
    std::vector<Number> values(count);
    if (count > 0) {
      std::memcpy(values.data(), take(count * sizeof(Number)).data(), count * sizeof(Number));
    }
    return values;
  }

  std::map<std::string, Tensor> tensors() {
    std::map<std::string, Tensor> tensors;
    for (auto count = number<std::uint64_t>(); count > 0; --count) {
      std::string name = text();
      auto shape = values<std::int64_t>();
      tensors[std::move(name)] = {.shape = std::move(shape), .values = values<float>()};
    }
    return tensors;
  }

  Epoch epoch() {
    Epoch epoch;
    epoch.number = number<std::uint64_t>();
    epoch.learning_rate = number<double>();
    epoch.train_loss = number<double>();
    epoch.validation_loss = number<double>();
    epoch.validation_ap = number<double>();
    epoch.best = number<std::uint8_t>() != 0;
    return epoch;
  }

  void expect_end() const {
    if (!bytes_.empty()) {
      throw Damaged();
    }
  }

 private:
  std::string_view take(std::size_t count) {
    if (count > bytes_.size()) {
      throw Damaged();
    }
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }

  std::string_view bytes_;
};

/// What the hash at the end vouches for, without the magic.
std::string_view checked_content(std::string_view bytes) {
  if (bytes.size() < kMagic.size() + kHashDigits || !bytes.starts_with(kMagic)) {
    throw Damaged();
  }
  const std::string_view content = bytes.substr(0, bytes.size() - kHashDigits);
  if (sha256(content) != bytes.substr(content.size())) {
    throw Damaged();
  }
  return content.substr(kMagic.size());
}

Checkpoint parse(std::string_view bytes) {
  Reader reader(checked_content(bytes));
  Checkpoint checkpoint{.tag = reader.text()};
  for (auto count = reader.number<std::uint64_t>(); count > 0; --count) {
    checkpoint.history.push_back(reader.epoch());
  }
  checkpoint.finished = reader.number<std::uint8_t>() != 0;
  checkpoint.stopped_early = reader.number<std::uint8_t>() != 0;
  checkpoint.best = reader.tensors();
  checkpoint.last = reader.tensors();
  checkpoint.adam.steps = reader.number<std::uint64_t>();
  checkpoint.adam.first = reader.tensors();
  checkpoint.adam.second = reader.tensors();
  reader.expect_end();
  return checkpoint;
}

bool same_shapes(const std::map<std::string, Tensor>& a, const std::map<std::string, Tensor>& b) {
  return std::ranges::equal(a, b, [](const auto& left, const auto& right) {
    return left.first == right.first && left.second.shape == right.second.shape &&
           left.second.size() == right.second.size();
  });
}

bool fits(const Checkpoint& checkpoint, const Graph& start) {
  return same_shapes(checkpoint.best, start.tensors) &&
         (checkpoint.finished || same_shapes(checkpoint.last, start.tensors));
}

}  // namespace

void write_checkpoint(const Checkpoint& checkpoint, const std::filesystem::path& path) {
  Writer writer;
  writer.add(std::string_view(checkpoint.tag));
  writer.add<std::uint64_t>(checkpoint.history.size());
  for (const Epoch& epoch : checkpoint.history) {
    writer.add(epoch);
  }
  writer.add<std::uint8_t>(checkpoint.finished ? 1 : 0);
  writer.add<std::uint8_t>(checkpoint.stopped_early ? 1 : 0);
  writer.add(checkpoint.best);
  writer.add(checkpoint.last);
  writer.add<std::uint64_t>(checkpoint.adam.steps);
  writer.add(checkpoint.adam.first);
  writer.add(checkpoint.adam.second);
  const std::string hash = sha256(writer.bytes());
  writer.bytes().append(hash);
  write_file(path, writer.bytes());
}

std::optional<Checkpoint> read_checkpoint(const std::filesystem::path& path, const std::string& tag,
                                          const Graph& start) {
  if (!std::filesystem::exists(path)) {
    return std::nullopt;
  }
  try {
    Checkpoint checkpoint = parse(read_file(path));
    if (checkpoint.tag == tag && fits(checkpoint, start)) {
      return checkpoint;
    }
    log_note("the checkpoint is of another training and is discarded: " + path.string());
  } catch (const Damaged&) {
    log_warning("the checkpoint is damaged; training begins anew: " + path.string());
  }
  return std::nullopt;
}

}  // namespace niwaki
