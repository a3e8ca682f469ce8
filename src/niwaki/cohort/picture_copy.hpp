#pragma once

#include <filesystem>
#include <string>

namespace niwaki {

/// The ending of a copy's name: ".png" for a DICOM file, else the file's own.
std::string copy_ending(const std::filesystem::path& picture);

/// What to give to people who are to see the picture and not who is on it: an 8-bit PNG of a DICOM file, which holds
/// nothing else; the bytes of any other file.
std::string copy_to_show(const std::filesystem::path& picture);

}  // namespace niwaki
