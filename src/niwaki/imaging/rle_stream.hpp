#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace niwaki {

/// Walks one frame of DICOM's run-length coding (PS3.5 annex G): a header of 64 bytes that says where its segments, one
/// for each byte of a pixel's samples, begin; in each, runs that unpack to a byte a pixel. DCMTK's decoder believes
/// these places and reads outside the frame where they lead there. `name` stands for the file in messages. Throws
/// InputError where there are not `segments`, where one begins outside, or unpacks to fewer than `pixels` bytes.
void check_rle_stream(std::string_view bytes, std::size_t segments, std::size_t pixels, const std::string& name);

}  // namespace niwaki
