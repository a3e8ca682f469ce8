#include "niwaki/train/repair/row_solver.hpp"

#include <algorithm>
#include <atomic>
#include <vector>

#include "niwaki/core/error.hpp"
#include "niwaki/core/instruction_set.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/train/repair/cholesky_kernel.hpp"

namespace niwaki {
namespace {

/// One row's equations, on its kept inputs, filled up to a whole number of tiles with rows of the identity.
struct Equations {
  std::vector<std::size_t> inputs;  // kept, rising
  std::size_t size = 0;
  std::vector<double> matrix;  // [size, size], upper triangle
  std::vector<double> right;   // [size]
};

Equations equations_of(const RowProblem& problem, std::size_t row, std::span<const float> weights, double filling) {
  Equations equations;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (problem.kept(row, i) != 0) {
      equations.inputs.push_back(i);
    }
  }
  const std::vector<std::size_t>& inputs = equations.inputs;
  const std::size_t count = inputs.size();
  const std::size_t size = (count + cholesky::kTile - 1) / cholesky::kTile * cholesky::kTile;
  equations.size = size;
  equations.matrix.assign(size * size, 0.0);
  equations.right.assign(size, 0.0);
  for (std::size_t a = 0; a < count; ++a) {
    double* line = equations.matrix.data() + a * size;
    const double weight = weights[inputs[a]];
    equations.right[a] += problem.products(row, inputs[a]) - weight * problem.hessian(inputs[a], inputs[a]);
    for (std::size_t b = a + 1; b < count; ++b) {
      const double value = problem.hessian(inputs[a], inputs[b]);
      line[b] = value;
      equations.right[a] -= value * weights[inputs[b]];
      equations.right[b] -= value * weight;
    }
    line[a] = problem.hessian(inputs[a], inputs[a]) + problem.damping;
  }
  for (std::size_t a = count; a < size; ++a) {
    equations.matrix[a * size + a] = filling;
  }
  return equations;
}

/// U^T U x = right, in place.
void substitute(const std::vector<double>& factor, std::size_t size, std::vector<double>& right) {
  for (std::size_t p = 0; p < size; ++p) {
    const double* row = factor.data() + p * size;
    right[p] /= row[p];
    for (std::size_t j = p + 1; j < size; ++j) {
      right[j] -= row[j] * right[p];
    }
  }
  for (std::size_t p = size; p-- > 0;) {
    const double* row = factor.data() + p * size;
    double sum = right[p];
    for (std::size_t j = p + 1; j < size; ++j) {
      sum -= row[j] * right[j];
    }
    right[p] = sum / row[p];
  }
}

}  // namespace

std::size_t solve_rows(const RowProblem& problem, double smallest_pivot, MatrixView<float> weights) {
  NIWAKI_CHECK(problem.hessian.rows() == weights.columns() && problem.products.rows() == weights.rows() &&
                   problem.kept.size() == weights.size(),
               "{} x {} weights, H of {}", weights.rows(), weights.columns(), problem.hessian.rows());
  const cholesky::Kernel factor = kernel_of<cholesky::Kernel>(instruction_set(), cholesky::baseline::factor,
                                                              cholesky::avx2::factor, cholesky::avx512::factor);
  std::atomic<std::size_t> singular = 0;
  parallel_for(weights.rows(), [&](std::size_t row) {
    Equations equations = equations_of(problem, row, weights.row(row), std::max(1.0, 2 * smallest_pivot));
    if (!factor(equations.matrix.data(), equations.size, smallest_pivot)) {
      ++singular;
      return;
    }
    substitute(equations.matrix, equations.size, equations.right);
    for (std::size_t a = 0; a < equations.inputs.size(); ++a) {
      float& weight = weights(row, equations.inputs[a]);
      weight = static_cast<float>(weight + equations.right[a]);
    }
  });
  return singular;
}

}  // namespace niwaki
