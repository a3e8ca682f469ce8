// Feeds the ONNX importer bytes that nobody would send. Whatever they are, it gives a network or an InputError; and a
// network that it gives can be written, read again, and is the same then.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "niwaki/core/error.hpp"
#include "niwaki/model/onnx.hpp"

namespace {

void survive_a_round_trip(const niwaki::Graph& graph) {
  const std::string bytes = niwaki::to_onnx(graph);
  if (niwaki::to_onnx(niwaki::parse_onnx(bytes, "written")) != bytes) {
    std::abort();
  }
}

}  // namespace

// libFuzzer's own name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
  niwaki::Graph graph;
  try {
    graph = niwaki::parse_onnx({reinterpret_cast<const char*>(data), size}, "fuzz");  // NOLINT
  } catch (const niwaki::InputError&) {
    return 0;
  }
  try {
    niwaki::infer_shapes(graph, {1, 3, 32, 32});
  } catch (const niwaki::InputError&) {
    // A size that the network does not take.
  }
  survive_a_round_trip(graph);
  return 0;
}
