// Writes a network of the zoo as ONNX, for scripts that hold it to torchvision's.
//   niwaki_zoo_export ARCHITECTURE CLASSES CHANNELS SIDE OUT.onnx
//   niwaki_zoo_export --list
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "niwaki/core/error.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/model/zoo/zoo.hpp"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    if (arguments == std::vector<std::string>{"--list"}) {
      for (const std::string& name : niwaki::architecture_names()) {
        fmt::print("{}\n", name);
      }
      return 0;
    }
    if (arguments.size() != 5) {
      fmt::print(stderr, "usage: niwaki_zoo_export ARCHITECTURE CLASSES CHANNELS SIDE OUT.onnx | --list\n");
      return 2;
    }
    std::vector<std::string> classes;
    for (int i = 0; i < std::stoi(arguments[1]); ++i) {
      classes.push_back(fmt::format("class {}", i));
    }
    const std::size_t side = std::stoul(arguments[3]);
    niwaki::RandomStream random(1, "zoo export");
    niwaki::write_onnx(
        niwaki::build_network(arguments[0], classes,
                              niwaki::imagenet_preprocessing(std::stoul(arguments[2]), side, side), random),
        arguments[4]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
