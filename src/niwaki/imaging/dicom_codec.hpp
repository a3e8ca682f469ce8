#pragma once

#include <string>
#include <vector>

#include "niwaki/imaging/dicom_container.hpp"
#include "niwaki/imaging/dicom_description.hpp"

namespace niwaki {

/// Decodes the fragments of an encapsulated picture: JPEG, JPEG-LS and RLE by DCMTK, JPEG 2000 by OpenJPEG. What comes
/// back has pixels.bytes() bytes, little-endian, as `pixels` says afterwards: a decoder turns YBR into RGB, and may lay
/// colours side by side. Throws InputError naming the file for no fragment, a code stream that is truncated, broken or
/// of another size than the header says.
std::vector<unsigned char> decode_fragments(const DicomContainer& container, const DicomElements& elements,
                                            PixelDescription& pixels, const std::string& name);

/// A JPEG 2000 code stream (or a JP2 file around one) as samples of `pixels`, colours side by side.
std::vector<unsigned char> decode_jpeg2000(std::string_view bytes, PixelDescription& pixels, const std::string& name);

}  // namespace niwaki
