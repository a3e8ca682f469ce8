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

std::string zstd_unpacked(std::string_view bytes, const std::string& name, std::size_t limit) {
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  std::vector<char> block(ZSTD_DStreamOutSize());
  std::string unpacked;
  ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
  std::size_t left = 1;  // 0 at the end of a frame
  while (input.pos < input.size || left != 0) {
    ZSTD_outBuffer output{block.data(), block.size(), 0};
    const std::size_t before = input.pos;
    left = ZSTD_decompressStream(context.get(), &output, &input);
    if (ZSTD_isError(left) != 0) {
      throw InputError(fmt::format("this is no intact zstd file ({})", ZSTD_getErrorName(left)), name,
                       "copy the file again from where it came");
    }
    if (unpacked.size() + output.pos > limit) {
      throw InputError(fmt::format("it unpacks to more than {} bytes", limit), name, "check that it is the right file");
    }
    unpacked.append(block.data(), output.pos);
    if (left != 0 && input.pos == before && output.pos == 0) {
      throw InputError("the zstd file is truncated", name, "copy the file again from where it came");
    }
  }
  return unpacked;
}

}  // namespace niwaki
