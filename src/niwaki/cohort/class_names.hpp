#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace niwaki {

/// A class name as it is compared: lower case, `_` and `-` as a blank, so that "Pleural_Thickening" and "Pleural
/// Thickening" are one.
std::string comparable_class_name(std::string_view name);

/// Where `name` stands among `names`, compared so; where it does not, "Effusion" (NIH) and "Pleural Effusion"
/// (CheXpert) are one too.
std::optional<std::size_t> find_class(std::string_view name, std::span<const std::string> names);

/// For each wanted class its place among `there`. Throws InputError naming `source`, the class and the nearest name
/// there is.
std::vector<std::size_t> match_classes(std::span<const std::string> wanted, std::span<const std::string> there,
                                       const std::string& source);

}  // namespace niwaki
