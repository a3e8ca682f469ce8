#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace niwaki {

/// How pixel data lie in a DICOM file.
enum class PixelCoding { kNative, kRle, kJpeg, kJpegLs, kJpeg2000 };

/// Where the parts of a DICOM file (PS3.10) lie, told by its own bytes before any library sees them.
struct DicomContainer {
  std::string transfer_syntax;  // its UID
  bool explicit_vr = true;
  bool big_endian = false;
  PixelCoding coding = PixelCoding::kNative;
  std::string_view header;  // the elements of the data set before the pixel data
  bool has_pixels = false;
  std::string_view pixels;                  // native: the value
  bool pixels_are_words = false;            // native: OW, whose bytes are swapped in a big-endian file
  std::vector<std::string_view> fragments;  // encapsulated: those after the offset table
  /// A deflated data set unpacked, which the views lie in; they lie in the file's bytes where this is empty.
  std::shared_ptr<const std::string> inflated;
};

/// Whether `bytes` begin as a DICOM file does: 128 bytes of anything, then "DICM".
bool is_dicom(std::string_view bytes);

/// How far a DICOM file is looked at.
enum class DicomReach {
  kPixels,  // all of it
  kHeader   // up to the pixel data, whose bytes need not be there: `pixels` and `fragments` stay empty
};

/// Walks a DICOM file element by element up to its pixel data, so that no length in it leads outside, no sequence is
/// nested deeper than 32 and no header is longer than 64 MiB: DCMTK, which reads the header afterwards, believes what
/// stands there. `name` stands for the file in messages. Throws InputError for a file that is truncated or broken, and
/// for a transfer syntax (PS3.5 A) that is not read, naming it.
DicomContainer open_dicom_container(std::string_view bytes, const std::string& name,
                                    DicomReach reach = DicomReach::kPixels);

}  // namespace niwaki
