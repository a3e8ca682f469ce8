#include <algorithm>
#include <cstring>
#include <memory>

#include <openjpeg.h>

#include "niwaki/core/error.hpp"
#include "niwaki/imaging/dicom_codec.hpp"

namespace niwaki {
namespace {

/// Bytes in memory that OpenJPEG reads from.
struct Source {
  std::string_view bytes;
  std::size_t at = 0;
};

OPJ_SIZE_T read_some(void* buffer, OPJ_SIZE_T count, void* data) {
  auto& source = *static_cast<Source*>(data);
  const std::size_t given = std::min<std::size_t>(count, source.bytes.size() - source.at);
  if (given == 0) {
    return static_cast<OPJ_SIZE_T>(-1);
  }
  std::memcpy(buffer, source.bytes.data() + source.at, given);
  source.at += given;
  return given;
}

OPJ_OFF_T skip_some(OPJ_OFF_T count, void* data) {
  auto& source = *static_cast<Source*>(data);
  if (count < 0) {
    return -1;
  }
  const std::size_t skipped = std::min<std::size_t>(static_cast<std::size_t>(count), source.bytes.size() - source.at);
  source.at += skipped;
  return static_cast<OPJ_OFF_T>(skipped);
}

OPJ_BOOL seek_to(OPJ_OFF_T place, void* data) {
  auto& source = *static_cast<Source*>(data);
  if (place < 0 || static_cast<std::size_t>(place) > source.bytes.size()) {
    return OPJ_FALSE;
  }
  source.at = static_cast<std::size_t>(place);
  return OPJ_TRUE;
}

using Stream = std::unique_ptr<opj_stream_t, decltype(&opj_stream_destroy)>;
using Codec = std::unique_ptr<opj_codec_t, decltype(&opj_destroy_codec)>;
using Decoded = std::unique_ptr<opj_image_t, decltype(&opj_image_destroy)>;

Stream stream_over(Source& source) {
  Stream stream(opj_stream_default_create(OPJ_TRUE), &opj_stream_destroy);
  NIWAKI_CHECK(stream != nullptr, "no stream");
  opj_stream_set_read_function(stream.get(), read_some);
  opj_stream_set_skip_function(stream.get(), skip_some);
  opj_stream_set_seek_function(stream.get(), seek_to);
  opj_stream_set_user_data(stream.get(), &source, nullptr);
  opj_stream_set_user_data_length(stream.get(), source.bytes.size());
  return stream;
}

Codec codec_for(std::string_view bytes) {
  const bool in_a_box = bytes.size() > 8 && bytes.substr(4, 4) == "jP  ";
  Codec codec(opj_create_decompress(in_a_box ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K), &opj_destroy_codec);
  NIWAKI_CHECK(codec != nullptr, "no codec");
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  opj_setup_decoder(codec.get(), &parameters);
  opj_decoder_set_strict_mode(codec.get(), OPJ_TRUE);
  return codec;
}

[[noreturn]] void undecodable(const std::string& why, const std::string& name) {
  throw InputError(fmt::format("the JPEG 2000 pixel data cannot be decoded ({})", why), name,
                   "copy the file again from where it came, or leave it out");
}

/// Before anything of its size is allocated.
void check_against_header(const opj_image_t& image, const PixelDescription& pixels, const std::string& name) {
  if (image.numcomps != pixels.samples) {
    undecodable(fmt::format("{} components, where the header says {}", image.numcomps, pixels.samples), name);
  }
  for (OPJ_UINT32 i = 0; i < image.numcomps; ++i) {
    const opj_image_comp_t& component = image.comps[i];
    const bool sized = image.x1 >= image.x0 && image.y1 >= image.y0 && image.x1 - image.x0 == pixels.columns &&
                       image.y1 - image.y0 == pixels.rows && component.dx == 1 && component.dy == 1;
    if (!sized || component.prec > static_cast<OPJ_UINT32>(pixels.bits_allocated)) {
      undecodable("its size or bits are not the header's", name);
    }
  }
}

std::vector<unsigned char> samples_of(const opj_image_t& image, const PixelDescription& pixels,
                                      const std::string& name) {
  const std::size_t size = pixels.rows * pixels.columns;
  const std::size_t width = pixels.sample_bytes();
  std::vector<unsigned char> samples(pixels.bytes());
  for (std::size_t channel = 0; channel < pixels.samples; ++channel) {
    const opj_image_comp_t& component = image.comps[channel];
    if (component.data == nullptr || component.w != pixels.columns || component.h != pixels.rows) {
      undecodable("a component is missing", name);
    }
    for (std::size_t i = 0; i < size; ++i) {
      const auto value = static_cast<std::uint32_t>(component.data[i]);
      unsigned char* sample = samples.data() + (i * pixels.samples + channel) * width;
      sample[0] = static_cast<unsigned char>(value & 0xFF);
      if (width == 2) {
        sample[1] = static_cast<unsigned char>((value >> 8) & 0xFF);
      }
    }
  }
  return samples;
}

}  // namespace

std::vector<unsigned char> decode_jpeg2000(std::string_view bytes, PixelDescription& pixels, const std::string& name) {
  Source source{.bytes = bytes};
  const Stream stream = stream_over(source);
  const Codec codec = codec_for(bytes);
  opj_image_t* header = nullptr;
  const bool read = opj_read_header(stream.get(), codec.get(), &header) == OPJ_TRUE;
  const Decoded image(header, &opj_image_destroy);
  if (!read || image == nullptr) {
    undecodable("its header is broken", name);
  }
  check_against_header(*image, pixels, name);
  if (opj_decode(codec.get(), stream.get(), image.get()) != OPJ_TRUE ||
      opj_end_decompress(codec.get(), stream.get()) != OPJ_TRUE) {
    undecodable("it is truncated or broken", name);
  }
  std::vector<unsigned char> samples = samples_of(*image, pixels, name);
  pixels.planar = false;
  if (pixels.samples == 3) {
    pixels.photometric = Photometric::kRgb;
  }
  return samples;
}

}  // namespace niwaki
