#include "niwaki/cli/run_times.hpp"

#include <algorithm>
#include <chrono>

#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kLeastRuns = 5;
constexpr std::size_t kMostRuns = 200;
constexpr double kMilli = 1e3;

}  // namespace

Shape timed_input_shape(const Graph& graph, std::int64_t batch, const std::vector<std::int64_t>& size,
                        const std::string& model) {
  Shape shape = {batch};
  if (!size.empty()) {
    shape.insert(shape.end(), size.begin(), size.end());
  } else if (graph.preprocessing) {
    for (const std::size_t length :
         {graph.preprocessing->channels, graph.preprocessing->height, graph.preprocessing->width}) {
      shape.push_back(static_cast<std::int64_t>(length));
    }
  } else {
    throw InputError("the network does not say the size of its input", model,
                     "give --size CHANNELS HEIGHT WIDTH, for example --size 3 224 224");
  }
  infer_shapes(graph, shape);
  return shape;
}

std::vector<double> run_times(const Engine& loaded, const std::vector<float>& images, const Shape& shape,
                              double seconds) {
  using Clock = std::chrono::steady_clock;
  std::vector<float> logits = loaded.logits(images, shape);
  std::vector<double> times;
  const auto begin = Clock::now();
  while (times.size() < kLeastRuns ||
         (std::chrono::duration<double>(Clock::now() - begin).count() < seconds && times.size() < kMostRuns)) {
    throw_if_cancelled();
    const auto start = Clock::now();
    logits = loaded.logits(images, shape);
    const double taken = std::chrono::duration<double>(Clock::now() - start).count();
    times.push_back(taken * kMilli / static_cast<double>(shape[0]));
  }
  std::ranges::sort(times);
  return times;
}

}  // namespace niwaki
