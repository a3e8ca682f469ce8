// The planes that pictures become, for a script that holds them to other makers' code.
//   niwaki_image_export FOLDER < CASES
// A case is a line of tab-separated cells: the file, the windows to try (commas between), and channels, height and
// width (0 0 0: as it is). FOLDER/<number of the case from 0>.npy is written [channels, height, width], and "read"
// stands on a line of its own, or what was wrong.
#include <filesystem>
#include <iostream>

#include <fmt/format.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/imaging/image.hpp"
#include "niwaki/scores/table.hpp"

namespace {

niwaki::Image read_case(const std::vector<std::string>& cells) {
  const niwaki::ImageReadOptions options{.windows = niwaki::split(cells.at(1), ',')};
  const auto number = [&](std::size_t at) { return static_cast<std::size_t>(std::stoul(cells.at(at))); };
  return number(2) == 0 ? niwaki::read_image(cells.at(0), options)
                        : niwaki::read_resized(cells.at(0), number(2), number(3), number(4), options);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "niwaki_image_export FOLDER < CASES\n");
    return 2;
  }
  std::string line;
  for (std::size_t number = 0; std::getline(std::cin, line); ++number) {
    try {
      const niwaki::Image image = read_case(niwaki::split(line, '\t'));
      niwaki::write_npy(std::filesystem::path(argv[1]) / fmt::format("{}.npy", number),
                        {image.channels, image.height, image.width}, image.pixels);
      fmt::print("read\n");
    } catch (const niwaki::UserError& error) {
      fmt::print("{}\n", error.what());
    }
  }
  return 0;
}
