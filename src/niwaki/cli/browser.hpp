#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace niwaki {

/// The Chromium of this machine: what NIWAKI_BROWSER names, else the first of chromium, chromium-browser,
/// google-chrome-stable and google-chrome that is in PATH; nothing where there is none. Throws InputError where
/// NIWAKI_BROWSER names what cannot be run.
std::optional<std::filesystem::path> find_browser();

/// Prints a report's page, in this language ("en", "ja"), as a PDF of A4 that appears whole or not at all. The browser
/// runs without a window, with a profile of its own that is removed, and with no network. Throws MachineError where it
/// fails or takes longer than two minutes.
void print_pdf(const std::filesystem::path& browser, const std::filesystem::path& page,
               const std::filesystem::path& pdf, const std::string& language);

}  // namespace niwaki
