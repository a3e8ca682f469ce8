#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "niwaki/engine/arena.hpp"
#include "niwaki/engine/dense_tasks.hpp"
#include "niwaki/engine/layouts.hpp"
#include "niwaki/engine/place.hpp"

namespace niwaki {

/// The tasks of a network for one shape of input [images, channels, height, width], with their places in an arena.
class CompiledNetwork {
 public:
  /// `layouts`: of every step, as layouts_of() gives them; `algorithms`: of its dense convolutions.
  CompiledNetwork(const ShapedNetwork& shaped, const std::vector<Layout>& layouts,
                  const std::vector<DenseAlgorithm>& algorithms, std::size_t threads);

  [[nodiscard]] const std::vector<Task>& tasks() const { return tasks_; }
  [[nodiscard]] std::size_t arena_floats() const { return plan_.total_floats(); }
  [[nodiscard]] std::size_t input_floats() const { return input_.place.floats(); }
  [[nodiscard]] std::size_t output_floats() const { return output_.place.floats(); }
  [[nodiscard]] std::size_t classes() const { return static_cast<std::size_t>(output_.place.channels); }

  /// Memory of its own to run in, one user at a time. Nothing is allocated after its making.
  class Instance {
   public:
    explicit Instance(const CompiledNetwork& network);

    /// What is to be filled in before run() and read after it.
    [[nodiscard]] float* input() const { return input_; }
    [[nodiscard]] const float* output() const { return output_; }
    /// `seconds`, where given, hears how long each task took.
    void run(std::vector<double>* seconds = nullptr) const;

   private:
    Arena arena_;
    float* input_ = nullptr;
    float* output_ = nullptr;
    std::vector<Runner> runners_;
  };

 private:
  friend class Compiler;
  MemoryPlan plan_;
  std::vector<Task> tasks_;
  NumberedPlace input_;
  NumberedPlace output_;
};

}  // namespace niwaki
