#include "niwaki/budget/stopwatch.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "niwaki/core/cancel.hpp"
#include "niwaki/engine/normal_pictures.hpp"

namespace niwaki {
namespace {

constexpr int kRounds = 30;             // of dense and pruned runs in turn
constexpr double kRoundSeconds = 0.02;  // the least that is timed at once

}  // namespace

Stopwatch::Stopwatch(const Graph& dense, Shape shape, std::optional<std::string> cost_file)
    : shape_(std::move(shape)),
      pictures_(normal_pictures(shape_)),
      cost_file_(std::move(cost_file)),
      dense_(load(dense)) {
  static_cast<void>(seconds_of(dense_, 1));
  runs_ = std::max(1, static_cast<int>(kRoundSeconds / seconds_of(dense_, 1)));
}

Times Stopwatch::times(const Graph& pruned) const {
  const Engine engine = load(pruned);
  Times fastest;
  for (int round = 0; round < kRounds; ++round) {
    throw_if_cancelled();
    fastest.dense = std::min(fastest.dense, warm_seconds_of(dense_));
    fastest.pruned = std::min(fastest.pruned, warm_seconds_of(engine));
  }
  return fastest;
}

Engine Stopwatch::load(const Graph& graph) const {
  return Engine(graph, {.kind = EngineKind::kAuto, .cost_file = cost_file_});
}

/// Once untimed before: the other network has just put this one's weights out of the caches, and whoever uses one of
/// them does not run the other in between.
double Stopwatch::warm_seconds_of(const Engine& engine) const {
  static_cast<void>(seconds_of(engine, 1));
  return seconds_of(engine, runs_);
}

double Stopwatch::seconds_of(const Engine& engine, int runs) const {
  const auto begin = std::chrono::steady_clock::now();
  for (int run = 0; run < runs; ++run) {
    static_cast<void>(engine.logits(pictures_, shape_));
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() / runs;
}

}  // namespace niwaki
