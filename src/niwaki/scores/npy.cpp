#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/input_file.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/scores/table.hpp"

namespace niwaki {
namespace {

static_assert(std::endian::native == std::endian::little, "arrays are copied as they lie in the file");

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kAlignment = 64;  // numpy aligns the data to this
constexpr std::size_t kMaximumDimensions = 32;

struct NpyHeader {
  std::string type;  // "<f4"
  bool fortran_order = false;
  std::vector<std::size_t> shape;
};

/// Reads the Python dictionary of a .npy header: three known keys, whose values are a string, a truth value and a
/// tuple of whole numbers. Anything else is refused.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  NpyHeader parse() {
    std::optional<std::string> type;
    std::optional<bool> fortran_order;
    std::optional<std::vector<std::size_t>> shape;
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr") {
        type = quoted();
      } else if (key == "fortran_order") {
        fortran_order = truth();
      } else if (key == "shape") {
        shape = tuple();
      } else {
        refuse(fmt::format("an unknown key '{}'", key));
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    if (!type || !fortran_order || !shape) {
      refuse("one of descr, fortran_order and shape missing");
    }
    return {*type, *fortran_order, *shape};
  }

 private:
  [[noreturn]] void refuse(const std::string& problem) const {
    throw InputError(fmt::format("the .npy header has {}", problem), name_,
                     "write it again with numpy.save(path, array.astype('float32'))");
  }

  void pass_blanks() {
    while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\n')) {
      ++position_;
    }
  }

  bool accept(char character) {
    pass_blanks();
    const bool there = position_ < text_.size() && text_[position_] == character;
    position_ += there ? 1 : 0;
    return there;
  }

  void expect(char character) {
    if (!accept(character)) {
      refuse(fmt::format("no '{}' at byte {}", character, position_));
    }
  }

  std::string quoted() {
    const char quote = accept('\'') ? '\'' : '"';
    if (quote == '"' && !accept('"')) {
      refuse(fmt::format("no text at byte {} (a table of named fields is no float array)", position_));
    }
    const std::size_t end = text_.find(quote, position_);
    if (end == std::string_view::npos) {
      refuse("a text that never ends");
    }
    std::string result(text_.substr(position_, end - position_));
    position_ = end + 1;
    return result;
  }

  bool truth() {
    pass_blanks();
    for (const std::string_view word : {"True", "False"}) {
      if (text_.substr(position_).starts_with(word)) {
        position_ += word.size();
        return word == "True";
      }
    }
    refuse("no True or False for fortran_order");
  }

  std::vector<std::size_t> tuple() {
    std::vector<std::size_t> sizes;
    expect('(');
    while (!accept(')')) {
      if (sizes.size() == kMaximumDimensions) {
        refuse(fmt::format("more than {} dimensions", kMaximumDimensions));
      }
      sizes.push_back(whole_number());
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return sizes;
  }

  std::size_t whole_number() {
    pass_blanks();
    const std::size_t end = std::min(text_.find_first_not_of("0123456789", position_), text_.size());
    const std::optional<std::int64_t> number = parse_integer(text_.substr(position_, end - position_));
    if (!number) {
      refuse(fmt::format("no whole number that fits at byte {}", position_));
    }
    position_ = end;
    return static_cast<std::size_t>(*number);
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t position_ = 0;
};

/// The header's text and where the data begins.
struct HeaderPlace {
  std::string_view text;
  std::size_t data_begin = 0;
};

HeaderPlace find_header(std::string_view bytes, const std::string& name) {
  const auto refuse = [&](const std::string& problem) -> HeaderPlace {
    throw InputError(problem, name, "write it again with numpy.save(path, array.astype('float32'))");
  };
  if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + 2) {
    return refuse("this is no .npy array (pickled objects are never loaded)");
  }
  const int version = static_cast<unsigned char>(bytes[kMagic.size()]);
  if (version < 1 || version > 3) {
    return refuse(fmt::format(".npy version {} is not known", version));
  }
  const std::size_t length_begin = kMagic.size() + 2;
  const std::size_t length_size = version == 1 ? 2 : 4;
  if (bytes.size() < length_begin + length_size) {
    return refuse("the .npy file ends within its header");
  }
  std::size_t length = 0;
  for (std::size_t i = 0; i < length_size; ++i) {
    length |= std::size_t{static_cast<unsigned char>(bytes[length_begin + i])} << (8 * i);
  }
  const std::size_t text_begin = length_begin + length_size;
  if (length > bytes.size() - text_begin) {
    return refuse("the .npy file ends within its header");
  }
  return {bytes.substr(text_begin, length), text_begin + length};
}

/// Where the data of a version 1 file begins, or 0 for another version.
std::size_t header_end(std::string_view bytes) {
  const auto byte = [&](std::size_t place) { return std::size_t{static_cast<unsigned char>(bytes[place])}; };
  const std::size_t length_begin = kMagic.size() + 2;
  return byte(kMagic.size()) == 1 ? length_begin + 2 + byte(length_begin) + (byte(length_begin + 1) << 8) : 0;
}

std::size_t item_size(const NpyHeader& header, const std::string& name) {
  if (header.type.find('O') != std::string::npos) {
    throw InputError("the array holds pickled Python objects, which are never loaded", name,
                     "write it with numpy.save(path, array.astype('float32'))");
  }
  if (header.type != "<f4" && header.type != "<f8") {
    throw InputError(fmt::format("the array's type is '{}', not little-endian float32 or float64", header.type), name,
                     "write it with numpy.save(path, array.astype('<f4'))");
  }
  if (header.fortran_order) {
    throw InputError("the array is stored in Fortran order (column by column)", name,
                     "write it with numpy.save(path, numpy.ascontiguousarray(array))");
  }
  return header.type == "<f4" ? 4 : 8;
}

/// The number of values; throws where the bytes there are not exactly those that the shape needs.
std::size_t checked_count(const NpyHeader& header, std::size_t bytes_there, const std::string& name) {
  const std::size_t size = item_size(header, name);
  std::size_t count = 1;
  std::size_t bytes = 0;
  bool overflow = false;
  for (const std::size_t dimension : header.shape) {
    overflow = overflow || __builtin_mul_overflow(count, dimension, &count);
  }
  overflow = overflow || __builtin_mul_overflow(count, size, &bytes);
  if (overflow || bytes != bytes_there) {
    throw InputError(fmt::format("the header says {} values of {} bytes, but {} bytes follow it",
                                 overflow ? std::string("more than any") : fmt::format("{}", count), size, bytes_there),
                     name, "the file is cut off or damaged; write it again");
  }
  return count;
}

std::vector<float> narrowed(std::string_view bytes, std::size_t count, const std::string& name) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    double value = 0.0;
    std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
    if (std::isfinite(value) && std::abs(value) > static_cast<double>(std::numeric_limits<float>::max())) {
      throw InputError(fmt::format("the value {} does not fit in float32", value), fmt::format("{}, value {}", name, i),
                       "store values below 3.4e38");
    }
    values[i] = static_cast<float>(value);
  }
  return values;
}

std::string header_text(const std::vector<std::size_t>& shape) {
  const std::string sizes = fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  std::string text = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': {}, }}", sizes);
  const std::size_t before = kMagic.size() + 4;
  const std::size_t total = (before + text.size() + 1 + kAlignment - 1) / kAlignment * kAlignment;
  text.append(total - before - text.size() - 1, ' ');
  return text + '\n';
}

}  // namespace

FloatArray parse_npy(std::string_view bytes, const std::string& name) {
  const HeaderPlace place = find_header(bytes, name);
  NpyHeader header = HeaderParser(place.text, name).parse();
  const std::string_view data = bytes.substr(place.data_begin);
  const std::size_t count = checked_count(header, data.size(), name);
  if (header.type == "<f8") {
    return {std::move(header.shape), narrowed(data, count, name)};
  }
  std::vector<float> values(count);
  if (count > 0) {
    std::memcpy(values.data(), data.data(), data.size());
  }
  return {std::move(header.shape), std::move(values)};
}

FloatArray read_npy(const std::filesystem::path& path) {
  FloatArray array;
  read_npy(path, array);
  return array;
}

void read_npy(const std::filesystem::path& path, FloatArray& array) {
  constexpr std::size_t kHead = 128;  // numpy's header of a table; what it holds beyond is read with the rest
  const std::string name = path.string();
  InputFile file(path);
  std::array<char, kHead> head{};
  const std::string_view begin(head.data(), file.read(head.data(), head.size()));
  const bool short_header = begin.starts_with(kMagic) && begin.size() == kHead && header_end(begin) == kHead;
  if (!short_header || file.size() < kHead || file.size() > kReadLimit) {
    array = parse_npy(read_file(path), name);
    return;
  }
  NpyHeader header = HeaderParser(find_header(begin, name).text, name).parse();
  const std::size_t count = checked_count(header, file.size() - kHead, name);
  if (header.type == "<f8") {
    array = parse_npy(read_file(path), name);
    return;
  }
  array.values.resize(count);
  const std::size_t wanted = count * sizeof(float);
  const std::size_t there = file.read(reinterpret_cast<char*>(array.values.data()), wanted);
  if (there != wanted) {
    (void)checked_count(header, there, name);  // throws: the file was shortened meanwhile
  }
  array.shape = std::move(header.shape);
}

void write_npy(const std::filesystem::path& path, const std::vector<std::size_t>& shape,
               std::span<const float> values) {
  std::size_t count = 1;
  for (const std::size_t dimension : shape) {
    count *= dimension;
  }
  NIWAKI_CHECK(count == values.size(), "{} values for a shape of {}", values.size(), count);
  const std::string text = header_text(shape);
  NIWAKI_CHECK(text.size() <= 0xFFFF, "a header of {} bytes", text.size());
  std::string head(kMagic);
  head += {'\x01', '\x00', static_cast<char>(text.size() & 0xFF), static_cast<char>(text.size() >> 8)};
  AtomicFile file(path);
  file.write(head + text);
  file.write({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
  file.commit();
}

}  // namespace niwaki
