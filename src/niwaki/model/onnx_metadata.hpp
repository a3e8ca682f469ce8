#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "niwaki/model/graph.hpp"

namespace niwaki {

/// The metadata of an ONNX file that carries how pictures become input and what the outputs are called, in a fixed
/// order.
std::vector<std::pair<std::string, std::string>> to_metadata(const Graph& graph);

/// Takes niwaki's keys into `graph.preprocessing` and `graph.classes`, the others into `graph.metadata`. Throws
/// InputError naming `source` and the key for a value that cannot be read.
void take_metadata(Graph& graph, const std::map<std::string, std::string>& metadata, const std::string& source);

}  // namespace niwaki
