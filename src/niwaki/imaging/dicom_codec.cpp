#include "niwaki/imaging/dicom_codec.hpp"

#include <numeric>

#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>

#include "niwaki/core/error.hpp"
#include "niwaki/imaging/container.hpp"
#include "niwaki/imaging/rle_stream.hpp"

namespace niwaki {
namespace {

constexpr const char* kLeaveOut = "copy the file again from where it came, or leave it out";

/// Once a process.
void register_codecs() {
  static const bool registered = [] {
    DJDecoderRegistration::registerCodecs(EDC_photometricInterpretation);
    DJLSDecoderRegistration::registerCodecs();
    DcmRLEDecoderRegistration::registerCodecs();
    return true;
  }();
  (void)registered;
}

std::string joined_fragments(const DicomContainer& container) {
  std::string all;
  all.reserve(std::accumulate(container.fragments.begin(), container.fragments.end(), std::size_t{0},
                              [](std::size_t sum, std::string_view part) { return sum + part.size(); }));
  for (const std::string_view fragment : container.fragments) {
    all += fragment;
  }
  return all;
}

/// Decoders believe the code stream, or fill with grey what it lacks.
void check_code_stream(const DicomContainer& container, const PixelDescription& pixels, const std::string& name) {
  const std::string stream = joined_fragments(container);
  if (!stream.starts_with("\xFF\xD8")) {
    throw InputError("the pixel data are no JPEG, as the header says they are", name, kLeaveOut);
  }
  const Container told = check_jpeg_stream(stream, name);
  if (told.width != pixels.columns || told.height != pixels.rows) {
    throw InputError(fmt::format("the code stream has {} x {} pixels, the header {} x {}", told.width, told.height,
                                 pixels.columns, pixels.rows),
                     name, kLeaveOut);
  }
  if (told.components != pixels.samples || (told.bits > 8) != (pixels.bits_allocated > 8)) {
    throw InputError(fmt::format("the code stream has {} components of {} bits, the header {} of {}", told.components,
                                 told.bits, pixels.samples, pixels.bits_allocated),
                     name, kLeaveOut);
  }
}

/// PS3.5 A.4.2: a frame is one fragment.
void check_runs(const DicomContainer& container, const PixelDescription& pixels, const std::string& name) {
  if (container.fragments.size() != 1) {
    throw InputError(
        fmt::format("the run-length coded picture lies in {} fragments, not in one", container.fragments.size()), name,
        kLeaveOut);
  }
  check_rle_stream(container.fragments[0], pixels.samples * pixels.sample_bytes(), pixels.rows * pixels.columns, name);
}

/// DCMTK's pixel data over the fragments, with an empty offset table: there is one frame.
std::unique_ptr<DcmPixelData> pixel_data_of(const DicomContainer& container) {
  auto sequence = std::make_unique<DcmPixelSequence>(DcmTag(DCM_PixelData, EVR_OB));
  sequence->insert(new DcmPixelItem(DcmTag(DCM_PixelItemTag)));
  for (const std::string_view fragment : container.fragments) {
    auto item = std::make_unique<DcmPixelItem>(DcmTag(DCM_PixelItemTag));
    item->putUint8Array(reinterpret_cast<const Uint8*>(fragment.data()), static_cast<unsigned long>(fragment.size()));
    sequence->insert(item.release());
  }
  auto data = std::make_unique<DcmPixelData>(DcmTag(DCM_PixelData));
  const E_TransferSyntax syntax = DcmXfer(container.transfer_syntax.c_str()).getXfer();
  data->putOriginalRepresentation(syntax, nullptr, sequence.release());
  return data;
}

[[noreturn]] void undecodable(const std::string& why, const std::string& name) {
  throw InputError(fmt::format("the pixel data cannot be decoded ({})", why), name, kLeaveOut);
}

std::vector<unsigned char> decode_by_dcmtk(const DicomContainer& container, const DicomElements& elements,
                                           PixelDescription& pixels, const std::string& name) {
  register_codecs();
  const std::unique_ptr<DcmPixelData> data = pixel_data_of(container);
  const std::size_t wanted = pixels.bytes();
  std::vector<unsigned char> decoded(wanted + wanted % 2);
  Uint32 first_fragment = 0;
  OFString colours;
  const OFCondition done = data->getUncompressedFrame(&elements.item(), 0, first_fragment, decoded.data(),
                                                      static_cast<Uint32>(decoded.size()), colours, nullptr);
  if (done.bad()) {
    undecodable(done.text(), name);
  }
  decoded.resize(wanted);
  if (pixels.samples == 3) {
    if (colours == "RGB") {
      pixels.photometric = Photometric::kRgb;
    }
    // JPEG decoders lay the colours of a pixel side by side; RLE keeps what the header says.
    pixels.planar = pixels.planar && container.coding == PixelCoding::kRle;
  }
  return decoded;
}

}  // namespace

std::vector<unsigned char> decode_fragments(const DicomContainer& container, const DicomElements& elements,
                                            PixelDescription& pixels, const std::string& name) {
  if (container.fragments.empty()) {
    throw InputError("the pixel data are encapsulated without a fragment", name, kLeaveOut);
  }
  switch (container.coding) {
    case PixelCoding::kJpeg2000:
      return decode_jpeg2000(joined_fragments(container), pixels, name);
    case PixelCoding::kRle:
      check_runs(container, pixels, name);
      break;
    default:
      check_code_stream(container, pixels, name);
  }
  return decode_by_dcmtk(container, elements, pixels, name);
}

}  // namespace niwaki
