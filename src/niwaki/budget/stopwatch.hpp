#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/engine/engine.hpp"

namespace niwaki {

struct Times {
  double dense = std::numeric_limits<double>::infinity();
  double pruned = std::numeric_limits<double>::infinity();
};

/// Seconds of one batch of `shape` by the dense and a pruned network, as the engine plans them with this machine's
/// measured costs (`cost_file`: of EngineOptions): the fastest of many short rounds in turn. What else runs on the
/// machine only ever adds time, and adds most to what waits most often for its threads, which a median would show as a
/// speed-up.
class Stopwatch {
 public:
  Stopwatch(const Graph& dense, Shape shape, std::optional<std::string> cost_file);

  /// Checks for cancellation.
  [[nodiscard]] Times times(const Graph& pruned) const;

 private:
  [[nodiscard]] Engine load(const Graph& graph) const;
  [[nodiscard]] double warm_seconds_of(const Engine& engine) const;
  [[nodiscard]] double seconds_of(const Engine& engine, int runs) const;

  Shape shape_;
  std::vector<float> pictures_;
  std::optional<std::string> cost_file_;
  Engine dense_;
  int runs_ = 1;
};

}  // namespace niwaki
