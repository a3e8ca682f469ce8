#include "niwaki/model/zstd_file.hpp"

#include <memory>
#include <vector>

#include <zstd.h>

#include "niwaki/core/error.hpp"

namespace niwaki {

std::string zstd_packed(std::string_view bytes, int level) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compress2(context.get(), packed.data(), packed.size(), bytes.data(), bytes.size());
  NIWAKI_CHECK(ZSTD_isError(size) == 0, "zstd: {}", ZSTD_getErrorName(size));
  packed.resize(size);
  return packed;
}

namespace {

class Unpacking {
 public:
  Unpacking(ByteSource packed, std::string name)
      : packed_(std::move(packed)), name_(std::move(name)), block_(ZSTD_DStreamInSize()) {
    input_ = {block_.data(), 0, 0};
  }

  std::size_t read(char* bytes, std::size_t count) {
    ZSTD_outBuffer output{bytes, count, 0};
    while (output.pos == 0 && count > 0) {
      if (input_.pos == input_.size) {
        input_ = {block_.data(), packed_(block_.data(), block_.size()), 0};
        if (input_.size == 0) {
          return at_end(output);
        }
      }
      take(output);
    }
    return output.pos;
  }

 private:
  void take(ZSTD_outBuffer& output) {
    left_ = ZSTD_decompressStream(context_.get(), &output, &input_);
    if (ZSTD_isError(left_) != 0) {
      throw InputError(fmt::format("this is no intact zstd file ({})", ZSTD_getErrorName(left_)), name_,
                       "copy the file again from where it came");
    }
  }

  /// What the packed bytes have given is not yet all taken, or they end before their frame does.
  std::size_t at_end(ZSTD_outBuffer& output) {
    if (left_ != 0) {
      take(output);
    }
    if (output.pos == 0 && left_ != 0) {
      throw InputError("the zstd file is truncated", name_, "copy the file again from where it came");
    }
    return output.pos;
  }

  ByteSource packed_;
  std::string name_;
  std::vector<char> block_;
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context_{ZSTD_createDCtx(), ZSTD_freeDCtx};
  ZSTD_inBuffer input_{};
  std::size_t left_ = 1;  // 0 at the end of a frame
};

}  // namespace

ByteSource zstd_unpacked(ByteSource packed, const std::string& name) {
  const auto unpacking = std::make_shared<Unpacking>(std::move(packed), name);
  return [unpacking](char* bytes, std::size_t count) { return unpacking->read(bytes, count); };
}

}  // namespace niwaki
