#include "niwaki/imaging/dicom_container.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <zlib.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/imaging/dicom_elements.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kPreamble = 128;
constexpr std::string_view kMagic = "DICM";
constexpr std::size_t kMostHeader = std::size_t{64} << 20;
constexpr std::size_t kMostInflated = std::size_t{1} << 30;
constexpr std::size_t kMostElements = 200'000;
constexpr int kDeepest = 32;
constexpr std::uint32_t kUndefined = 0xFFFFFFFF;
constexpr std::uint32_t kPixelData = 0x7FE00010;
constexpr std::uint32_t kTransferSyntax = 0x00020010;
constexpr std::uint32_t kItem = 0xFFFEE000;
constexpr std::uint32_t kItemEnd = 0xFFFEE00D;
constexpr std::uint32_t kSequenceEnd = 0xFFFEE0DD;
constexpr const char* kCopyAgain = "copy the file again from where it came";

struct Syntax {
  std::string_view uid;
  PixelCoding coding = PixelCoding::kNative;
  bool explicit_vr = true;
  bool big_endian = false;
  bool deflated = false;
};

/// PS3.5 A and PS3.6 A: all that are read.
constexpr std::array<Syntax, 13> kSyntaxes = {{{.uid = "1.2.840.10008.1.2", .explicit_vr = false},
                                               {.uid = "1.2.840.10008.1.2.1"},
                                               {.uid = "1.2.840.10008.1.2.1.99", .deflated = true},
                                               {.uid = "1.2.840.10008.1.2.2", .big_endian = true},
                                               {.uid = "1.2.840.10008.1.2.4.50", .coding = PixelCoding::kJpeg},
                                               {.uid = "1.2.840.10008.1.2.4.51", .coding = PixelCoding::kJpeg},
                                               {.uid = "1.2.840.10008.1.2.4.57", .coding = PixelCoding::kJpeg},
                                               {.uid = "1.2.840.10008.1.2.4.70", .coding = PixelCoding::kJpeg},
                                               {.uid = "1.2.840.10008.1.2.4.80", .coding = PixelCoding::kJpegLs},
                                               {.uid = "1.2.840.10008.1.2.4.81", .coding = PixelCoding::kJpegLs},
                                               {.uid = "1.2.840.10008.1.2.4.90", .coding = PixelCoding::kJpeg2000},
                                               {.uid = "1.2.840.10008.1.2.4.91", .coding = PixelCoding::kJpeg2000},
                                               {.uid = "1.2.840.10008.1.2.5", .coding = PixelCoding::kRle}}};

const Syntax& syntax_of(const std::string& uid, const std::string& name) {
  const auto* const found = std::ranges::find(kSyntaxes, std::string_view(uid), &Syntax::uid);
  if (found == kSyntaxes.end()) {
    throw InputError(fmt::format("its transfer syntax, {}, is not read", uid_name(uid)), name,
                     "convert the file (dcmconv or gdcmconv does it), or leave it out");
  }
  return *found;
}

/// Inflates a data set (RFC 1951, no header), at most so much.
std::shared_ptr<const std::string> inflated_from(std::string_view bytes, const std::string& name) {
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) {
    throw MachineError("zlib does not start", name, "free memory");
  }
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  auto result = std::make_shared<std::string>();
  int status = Z_OK;
  while (status == Z_OK && result->size() < kMostInflated) {
    const std::size_t before = result->size();
    result->resize(before + std::max<std::size_t>(before, std::size_t{1} << 16));
    stream.next_out = reinterpret_cast<Bytef*>(result->data() + before);
    stream.avail_out = static_cast<uInt>(result->size() - before);
    status = inflate(&stream, Z_NO_FLUSH);
    result->resize(result->size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END) {
    throw InputError("the deflated data set is truncated, broken or larger than 1 GiB", name, kCopyAgain);
  }
  return result;
}

/// An element's beginning: its tag, its value representation ("" where implicit), and where the value lies.
struct Element {
  std::uint32_t tag = 0;
  std::string_view vr;
  std::uint32_t length = 0;
  std::size_t begin = 0;
  std::size_t value = 0;
};

/// Value representations whose length has 32 bits (PS3.5 7.1.2), and the others.
constexpr std::string_view kLong = "OB OD OF OL OV OW SQ SV UC UN UR UT UV";
constexpr std::string_view kShort = "AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US";

bool lists(std::string_view representations, std::string_view vr) {
  const std::size_t found = representations.find(vr);
  return found != std::string_view::npos && found % 3 == 0;
}

class Walker {
 public:
  Walker(std::string_view bytes, bool explicit_vr, bool big_endian, const std::string& name)
      : bytes_(bytes), explicit_vr_(explicit_vr), big_endian_(big_endian), name_(name) {}

  [[nodiscard]] bool at_end(std::size_t at) const { return at >= bytes_.size(); }

  [[nodiscard]] std::uint32_t tag_at(std::size_t at) const {
    need(at, 4);
    return (number(at, 2) << 16) | number(at + 2, 2);
  }

  /// The element that begins at `at`; its value, unless undefined or pixel data, lies inside.
  Element element(std::size_t at, bool explicit_vr) {
    if (++elements_ > kMostElements || at > kMostHeader) {
      throw InputError("the header is longer than any picture's", name_, "leave the file out");
    }
    Element found{.tag = tag_at(at), .begin = at};
    need(at, 8);
    if (found.tag >> 16 == 0xFFFE || !explicit_vr) {
      found.length = number(at + 4, 4);
      found.value = at + 8;
    } else {
      read_explicit(found);
    }
    return found;
  }
  Element element(std::size_t at) { return element(at, explicit_vr_); }

  /// Where the element's value ends, having walked what is nested in it.
  std::size_t end_of(const Element& element, bool explicit_vr, int depth) {
    if (element.length == kUndefined) {
      if (explicit_vr && element.vr != "SQ" && element.vr != "UN") {
        broken("a value without a length that is no sequence");
      }
      // PS3.5 6.2.2 note 2: what is unknown and has no length is implicit.
      return sequence(element.value, bytes_.size(), false, explicit_vr && element.vr == "SQ", depth + 1);
    }
    need(element.value, element.length);
    const std::size_t end = element.value + element.length;
    if (element.length % 2 != 0) {
      broken("a value of odd length");
    }
    const bool may_nest = !explicit_vr || element.vr == "SQ" || element.vr == "UN";
    const bool nests = may_nest && element.length >= 8 && tag_at(element.value) == kItem;
    if (nests || (element.vr == "SQ" && element.length > 0)) {
      sequence(element.value, end, true, explicit_vr && element.vr == "SQ", depth + 1);
    }
    return end;
  }
  std::size_t end_of(const Element& element) { return end_of(element, explicit_vr_, 0); }

  /// Items up to the delimiter: the offset table, then the fragments.
  std::vector<std::string_view> fragments(std::size_t at) {
    std::vector<std::string_view> found;
    while (true) {
      const Element item = part_of_pixels(at);
      if (item.tag == kSequenceEnd) {
        break;
      }
      if (item.tag != kItem || item.length == kUndefined) {
        broken("the pixel data hold something that is no fragment");
      }
      if (item.length > bytes_.size() - item.value) {
        throw InputError("the pixel data are truncated (a fragment is cut off)", name_, kCopyAgain);
      }
      found.push_back(bytes_.substr(item.value, item.length));
      at = item.value + item.length;
    }
    if (!found.empty()) {
      found.erase(found.begin());
    }
    return found;
  }

  [[nodiscard]] std::string_view part(std::size_t begin, std::size_t end) const {
    return bytes_.substr(begin, end - begin);
  }

  [[noreturn]] void broken(const std::string& what) const {
    throw InputError(fmt::format("the DICOM file is broken ({})", what), name_, kCopyAgain);
  }

 private:
  [[nodiscard]] std::uint32_t number(std::size_t at, std::size_t count) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t place = big_endian_ ? i : count - 1 - i;
      value = (value << 8) | static_cast<unsigned char>(bytes_[at + place]);
    }
    return value;
  }

  void need(std::size_t at, std::size_t count) const {
    if (at > bytes_.size() || count > bytes_.size() - at) {
      throw InputError("the DICOM file is truncated", name_, kCopyAgain);
    }
  }

  Element part_of_pixels(std::size_t at) {
    if (at > bytes_.size() || bytes_.size() - at < 8) {
      throw InputError("the pixel data are truncated (their end is not there)", name_, kCopyAgain);
    }
    return {.tag = tag_at(at), .vr = "", .length = number(at + 4, 4), .begin = at, .value = at + 8};
  }

  void read_explicit(Element& element) const {
    element.vr = bytes_.substr(element.begin + 4, 2);
    if (lists(kLong, element.vr)) {
      need(element.begin, 12);
      element.length = number(element.begin + 8, 4);
      element.value = element.begin + 12;
    } else if (lists(kShort, element.vr)) {
      element.length = number(element.begin + 6, 2);
      element.value = element.begin + 8;
    } else {
      broken("a value of no known representation");
    }
  }

  /// Walks items from `at` to `end` or, where `end` is not told, to the delimiter; answers where the sequence ends.
  std::size_t sequence(std::size_t at, std::size_t end, bool end_known, bool explicit_vr, int depth) {
    if (depth > kDeepest) {
      broken("its sequences are nested too deep");
    }
    while (!end_known || at < end) {
      const Element item = element(at, explicit_vr);
      if (!end_known && item.tag == kSequenceEnd) {
        return item.value;
      }
      if (item.tag != kItem) {
        broken("a sequence holds something that is no item");
      }
      at = item_end(item, end, explicit_vr, depth);
    }
    if (at != end) {
      broken("a sequence is longer than it says");
    }
    return at;
  }

  std::size_t item_end(const Element& item, std::size_t limit, bool explicit_vr, int depth) {
    const bool end_known = item.length != kUndefined;
    if (end_known && item.length > limit - item.value) {
      broken("an item is longer than its sequence");
    }
    const std::size_t end = end_known ? item.value + item.length : limit;
    std::size_t at = item.value;
    while (!end_known || at < end) {
      const Element inner = element(at, explicit_vr);
      if (!end_known && inner.tag == kItemEnd) {
        return inner.value;
      }
      at = inner.tag == kPixelData && inner.length == kUndefined ? end_of_icon(inner)
                                                                 : end_of(inner, explicit_vr, depth);
    }
    if (at != end) {
      broken("an item is longer than it says");
    }
    return at;
  }

  /// An icon in a sequence may be encapsulated too.
  std::size_t end_of_icon(const Element& pixels) {
    std::size_t at = pixels.value;
    while (true) {
      const Element item = part_of_pixels(at);
      if (item.tag == kSequenceEnd) {
        return item.value;
      }
      if (item.tag != kItem) {
        broken("an icon holds something that is no fragment");
      }
      need(item.value, item.length);
      at = item.value + item.length;
    }
  }

  std::string_view bytes_;
  bool explicit_vr_;
  bool big_endian_;
  const std::string& name_;
  std::size_t elements_ = 0;
};

/// The transfer syntax that the file's own header (group 2, explicit, little-endian) names, and where that header ends.
std::pair<std::string, std::size_t> read_file_header(std::string_view bytes, const std::string& name) {
  Walker walker(bytes, true, false, name);
  std::string syntax;
  std::size_t at = kPreamble + kMagic.size();
  while (!walker.at_end(at) && (walker.tag_at(at) >> 16) == 2) {
    const Element element = walker.element(at);
    at = walker.end_of(element);
    if (element.tag == kTransferSyntax) {
      const std::string_view value = walker.part(element.value, at);
      syntax = trimmed(value.substr(0, value.find('\0')));
    }
  }
  if (syntax.empty()) {
    throw InputError("the DICOM file does not name its transfer syntax", name, "write it anew (dcmconv does it)");
  }
  return {syntax, at};
}

void take_pixels(DicomContainer& container, Walker& walker, std::string_view bytes, const Element& element,
                 const std::string& name) {
  if (container.coding != PixelCoding::kNative) {
    if (element.length != kUndefined) {
      walker.broken("its transfer syntax is encapsulated, but its pixel data are not");
    }
    container.fragments = walker.fragments(element.value);
    return;
  }
  if (element.length == kUndefined) {
    walker.broken("its pixel data are encapsulated, but its transfer syntax is not");
  }
  const std::size_t there = bytes.size() - element.value;
  if (element.length > there) {
    throw InputError(fmt::format("the pixel data are truncated ({} of {} bytes are there)", there, element.length),
                     name, kCopyAgain);
  }
  container.pixels = bytes.substr(element.value, element.length);
  container.pixels_are_words = element.vr != "OB";
}

}  // namespace

bool is_dicom(std::string_view bytes) {
  return bytes.size() >= kPreamble + kMagic.size() && bytes.substr(kPreamble, kMagic.size()) == kMagic;
}

DicomContainer open_dicom_container(std::string_view bytes, const std::string& name, DicomReach reach) {
  const auto [uid, begin] = read_file_header(bytes, name);
  const Syntax& syntax = syntax_of(uid, name);
  DicomContainer container{.transfer_syntax = uid,
                           .explicit_vr = syntax.explicit_vr,
                           .big_endian = syntax.big_endian,
                           .coding = syntax.coding};
  std::string_view data_set = bytes.substr(begin);
  if (syntax.deflated) {
    container.inflated = inflated_from(data_set, name);
    data_set = *container.inflated;
  }
  Walker walker(data_set, syntax.explicit_vr, syntax.big_endian, name);
  std::size_t at = 0;
  while (!walker.at_end(at)) {
    const Element element = walker.element(at);
    if (element.tag == kPixelData) {
      container.has_pixels = true;
      if (reach == DicomReach::kPixels) {
        take_pixels(container, walker, data_set, element, name);
      }
      break;
    }
    at = walker.end_of(element);
  }
  container.header = data_set.substr(0, at);
  return container;
}

}  // namespace niwaki
