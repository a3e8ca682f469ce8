#pragma once

#include <span>
#include <string_view>

namespace niwaki {

/// The page's script and style sheet, bundled from web/ at build time. Each comes in pieces, because compilers
/// dislike long literals; the hashes are those of the pieces joined, as a Content-Security-Policy writes them.
struct PageBundle {
  std::span<const std::string_view> script;
  std::string_view script_hash;
  std::span<const std::string_view> style;
  std::string_view style_hash;
};

PageBundle page_bundle();

}  // namespace niwaki
