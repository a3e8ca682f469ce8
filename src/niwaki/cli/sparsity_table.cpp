#include "niwaki/cli/sparsity_table.hpp"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace niwaki {

nlohmann::ordered_json sparsity_json(const SparsityReport& report) {
  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  for (const LayerSparsity& layer : report.layers) {
    layers.push_back({{"name", layer.name},
                      {"op", layer.op},
                      {"shape", layer.shape},
                      {"nonzero", layer.nonzero},
                      {"sparsity", layer.sparsity()}});
  }
  return {{"prunable", report.weights()},
          {"nonzero", report.nonzero()},
          {"sparsity", report.sparsity()},
          {"layers", layers}};
}

void print_sparsity_table(const SparsityReport& report) {
  std::size_t width = 5;
  for (const LayerSparsity& layer : report.layers) {
    width = std::max(width, layer.name.size());
  }
  fmt::print("{:<{}}  {:<5}{:>20}{:>12}{:>10}\n", "layer", width, "op", "shape", "nonzero", "sparsity");
  for (const LayerSparsity& layer : report.layers) {
    fmt::print("{:<{}}  {:<5}{:>20}{:>12}{:>10.4f}\n", layer.name, width, layer.op,
               fmt::format("{}", fmt::join(layer.shape, "x")), layer.nonzero, layer.sparsity());
  }
  fmt::print("{:<{}}  {:<5}{:>20}{:>12}{:>10.4f}\n", "all", width, "", report.weights(), report.nonzero(),
             report.sparsity());
}

}  // namespace niwaki
