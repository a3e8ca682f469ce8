#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "niwaki/model/graph.hpp"

namespace niwaki {

/// What runs a network.
enum class EngineKind {
  kAuto,       // each convolution by the kernel that costs less, changes of layout counted
  kDense,      // oneDNN alone
  kSparse,     // our kernels for every convolution
  kReference,  // plain loops (reference.hpp)
};
/// "auto", "dense", "sparse" or "reference". Throws InputError for another name.
EngineKind parse_engine_kind(std::string_view name);

struct EngineOptions {
  EngineKind kind = EngineKind::kAuto;
  /// Images that run through the network at once; a larger batch is taken in such parts. 0: chosen from the sizes of
  /// the network's values.
  std::size_t images_at_once = 0;
  /// Whether kAuto and kDense go by what kernels take on this machine, measured (cost_table.hpp), or by an estimate
  /// from sizes and densities (estimated_costs.hpp), which never varies: with it, the same network gives the same bits
  /// in every process on machines of one type. Winograd's algorithm is for those who measure.
  bool measured_costs = true;
  /// Where measured costs are kept; none: the usual file. Empty: nowhere.
  std::optional<std::string> cost_file;
};

/// What one task of a network takes, for `niwaki bench`.
struct TaskTime {
  std::string name;
  std::string kind;              // "sparse", "dense", "winograd", "elementwise", "pool", "layout"
  double seconds = 0;            // median over runs, for images_at_once images
  double useful_operations = 0;  // floating-point, multiplications by nonzero weights and their additions
  std::size_t weight_bytes = 0;
};

/// Floating-point operations a second that all threads together can do at most, by fused multiply-adds in registers:
/// measured, the best of several tries.
double peak_operations_per_second();

/// A network loaded for prediction on the processor: weights compressed (or laid out for oneDNN) once, values in memory
/// that is planned by their lifetimes. Nothing is allocated after the first run of a shape by as many callers. Safe to
/// call from several threads. The same input gives the same bits whatever stands beside it in the batch, as long as the
/// same number of images runs at once.
class Engine {
 public:
  explicit Engine(Graph graph, const EngineOptions& options = {});
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  [[nodiscard]] std::size_t classes() const;

  /// Logits [images, classes] row-major of `images` [images, channels, height, width] row-major, of `shape`. Throws
  /// InputError naming the node where the network does not take this size.
  [[nodiscard]] std::vector<float> logits(std::span<const float> images, const Shape& shape) const;

  /// Runs `images` `runs` times and tells what each task took. Empty for kReference.
  [[nodiscard]] std::vector<TaskTime> task_times(std::span<const float> images, const Shape& shape, int runs) const;
  /// Images that run at once where so many are given.
  [[nodiscard]] std::size_t images_at_once(const Shape& shape) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace niwaki
