// Feeds the readers of score tables (.npy, .npz, CSV) bytes that nobody would send. Whatever they are, they give as
// many values as the shape says, or an InputError; and from a table's scores come probabilities alone.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <string_view>

#include "file_of.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/scores/table.hpp"

namespace {

void expect(bool truth) {
  if (!truth) {
    std::abort();
  }
}

void check_array(const niwaki::FloatArray& array) {
  expect(array.values.size() ==
         std::accumulate(array.shape.begin(), array.shape.end(), std::size_t{1}, std::multiplies<>()));
}

void check_table(const niwaki::ScoreTable& table) {
  expect(table.values.size() == table.images * table.classes);
  expect(table.ids.empty() || table.ids.size() == table.images);
  for (const float value : table.values) {
    expect(value >= 0 && value <= 1);
  }
}

template <typename Read>
void read_or_refuse(const Read& read) {
  try {
    read();
  } catch (const niwaki::InputError&) {
    return;
  }
}

}  // namespace

// libFuzzer's own name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);           // NOLINT
  const bool logits = size % 2 == 1;
  if (bytes.starts_with("\x93NUMPY")) {
    read_or_refuse([&] { check_array(niwaki::parse_npy(bytes, "fuzz.npy")); });
    const auto path = niwaki::fuzz::file_of(bytes, "scores.npy");
    read_or_refuse([&] { check_table(niwaki::read_scores(path.string(), {.logits = logits})); });
  } else if (bytes.starts_with("PK")) {
    const auto path = niwaki::fuzz::file_of(bytes, "scores.npz");
    read_or_refuse([&] { check_array(niwaki::read_npz(path)); });
    read_or_refuse([&] { check_array(niwaki::read_npz(path, "b")); });
  } else {
    const auto path = niwaki::fuzz::file_of(bytes, "scores.csv");
    read_or_refuse([&] { check_table(niwaki::read_scores(path.string(), {.logits = logits})); });
  }
  return 0;
}
