#pragma once

#include <string>
#include <string_view>

namespace niwaki {

/// Text as HTML shows it, in elements and in quoted attributes: none of it can begin a tag or end a value.
std::string escaped(std::string_view text);

std::string base64(std::string_view bytes);

}  // namespace niwaki
