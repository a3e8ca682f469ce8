#pragma once

#include <limits>

namespace niwaki {

/// What is applied to a value before it is stored. Relu and Clip are bounds; kBounds without end is none.
struct Activation {
  enum class Kind {
    kBounds,       // min(high, max(low, x))
    kSigmoid,      // 1 / (1 + exp(-x))
    kHardSigmoid,  // min(1, max(0, alpha x + beta))
    kHardSwish,    // x min(1, max(0, x / 6 + 1 / 2))
    kSwish,        // x / (1 + exp(-x))
  };
  Kind kind = Kind::kBounds;
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
  float alpha = 1.0F / 6;
  float beta = 0.5F;

  [[nodiscard]] bool bounds_only() const { return kind == Kind::kBounds; }
  [[nodiscard]] bool none() const {
    return bounds_only() && low == -std::numeric_limits<float>::infinity() &&
           high == std::numeric_limits<float>::infinity();
  }
};

}  // namespace niwaki
