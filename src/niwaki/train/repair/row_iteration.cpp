#include "niwaki/train/repair/row_iteration.hpp"

#include <cmath>
#include <cstdint>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/train/repair/float_product.hpp"

namespace niwaki {
namespace {

constexpr double kTolerance = 1e-7;       // of the residual in double, as a share of the first one
constexpr double kInnerTolerance = 1e-3;  // of one round in float32
constexpr int kRounds = 8;
constexpr int kSteps = 150;  // a round

class Iteration {
 public:
  Iteration(const RowProblem& problem, MatrixView<float> weights)
      : problem_(problem), weights_(weights), change_(weights.size(), 0.0), residual_(weights.size(), 0.0) {
    const auto rows = static_cast<std::int64_t>(weights.rows());
    const auto inputs = static_cast<std::int64_t>(weights.columns());
    hessian_ = doubles(problem.hessian.data(), {inputs, inputs}).to(at::kFloat);
    diagonal_ = hessian_.diagonal().add(problem.damping).unsqueeze(0);
    mask_ = at::empty({rows, inputs}, at::kFloat);
    float* mask = mask_.data_ptr<float>();
    for (std::size_t i = 0; i < weights.size(); ++i) {
      mask[i] = problem.kept.data()[i] != 0 ? 1.0F : 0.0F;
    }
  }

  std::vector<std::size_t> run() {
    first_ = update_residuals();
    std::vector<double> now = first_;
    for (int round = 0; round < kRounds && !settled(now); ++round) {
      throw_if_cancelled();
      add_round();
      now = update_residuals();
    }
    return write(now);
  }

 private:
  static at::Tensor doubles(const double* values, at::IntArrayRef shape) {
    return at::from_blob(const_cast<double*>(values), shape, at::kDouble);  // NOLINT: read only
  }

  [[nodiscard]] bool row_settled(const std::vector<double>& now, std::size_t row) const {
    return now[row] <= kTolerance * first_[row];
  }
  [[nodiscard]] bool settled(const std::vector<double>& now) const {
    for (std::size_t row = 0; row < now.size(); ++row) {
      if (!row_settled(now, row)) {
        return false;
      }
    }
    return true;
  }

  /// (C - H w0 - (H + damping I) change) on the kept inputs, in double; gives its norm a row.
  std::vector<double> update_residuals() {
    const std::size_t inputs = weights_.columns();
    std::vector<double> norms(weights_.rows());
    parallel_for(weights_.rows(), [&](std::size_t row) {
      std::vector<std::size_t> kept;
      for (std::size_t i = 0; i < inputs; ++i) {
        if (problem_.kept(row, i) != 0) {
          kept.push_back(i);
        }
      }
      const double* change = change_.data() + row * inputs;
      double sum = 0;
      for (const std::size_t i : kept) {
        const double* line = problem_.hessian.data() + i * inputs;
        double value = problem_.products(row, i) - problem_.damping * change[i];
        for (const std::size_t j : kept) {
          value -= line[j] * (weights_(row, j) + change[j]);
        }
        residual_[row * inputs + i] = value;
        sum += value * value;
      }
      norms[row] = std::sqrt(sum);
    });
    return norms;
  }

  /// Solves for the present residual in float32 and adds what comes out to the change.
  void add_round() {
    at::Tensor residual = doubles(residual_.data(), mask_.sizes()).to(at::kFloat);
    const at::Tensor wanted = residual.square().sum(1, true) * (kInnerTolerance * kInnerTolerance);
    at::Tensor solution = at::zeros_like(residual);
    at::Tensor step = residual / diagonal_;
    at::Tensor size = (residual * step).sum(1, true);
    for (int i = 0; i < kSteps; ++i) {
      // Rows that are there already are no longer moved: their quotients would be of nothing by nothing.
      const at::Tensor moving = (residual.square().sum(1, true) > wanted).to(at::kFloat);
      if (moving.sum().item<float>() == 0) {
        break;
      }
      const at::Tensor product = (float_product(step, hessian_) + step * problem_.damping) * mask_;
      const at::Tensor length = at::where(moving > 0, size / (step * product).sum(1, true), at::zeros_like(size));
      solution.add_(step * length);
      residual.sub_(product * length);
      const at::Tensor scaled = residual / diagonal_;
      const at::Tensor next = (residual * scaled).sum(1, true);
      step = scaled + step * at::where(moving > 0, next / size, at::zeros_like(size));
      size = next;
    }
    const at::Tensor added = solution.to(at::kDouble).contiguous();
    const double* values = added.data_ptr<double>();
    for (std::size_t i = 0; i < change_.size(); ++i) {
      change_[i] += values[i];
    }
  }

  std::vector<std::size_t> write(const std::vector<double>& now) const {
    std::vector<std::size_t> left;
    for (std::size_t row = 0; row < weights_.rows(); ++row) {
      if (!row_settled(now, row)) {
        left.push_back(row);
        continue;
      }
      for (std::size_t i = 0; i < weights_.columns(); ++i) {
        weights_(row, i) = static_cast<float>(weights_(row, i) + change_[row * weights_.columns() + i]);
      }
    }
    return left;
  }

  const RowProblem& problem_;
  MatrixView<float> weights_;
  at::Tensor hessian_;   // in float32
  at::Tensor diagonal_;  // [1, inputs], with the damping
  at::Tensor mask_;
  std::vector<double> change_;    // [rows, inputs]
  std::vector<double> residual_;  // the same
  std::vector<double> first_;     // norms of the first residual
};

}  // namespace

bool iteration_is_faster(const RowProblem& problem) {
  // Measured on AVX2: the Cholesky kernel does a quarter of oneDNN's multiplications a second, and about 120 products
  // with H are needed.
  constexpr double kProducts = 30;
  double cubes = 0;
  for (std::size_t row = 0; row < problem.kept.rows(); ++row) {
    double kept = 0;
    for (const std::uint8_t one : problem.kept.row(row)) {
      kept += one != 0 ? 1 : 0;
    }
    cubes += kept * kept * kept / 3;
  }
  const auto inputs = static_cast<double>(problem.hessian.rows());
  return problem.damping > 0 && cubes > kProducts * static_cast<double>(problem.kept.rows()) * inputs * inputs;
}

std::vector<std::size_t> solve_rows_by_iteration(const RowProblem& problem, MatrixView<float> weights) {
  NIWAKI_CHECK(problem.hessian.rows() == weights.columns() && problem.products.rows() == weights.rows() &&
                   problem.kept.size() == weights.size(),
               "{} x {} weights, H of {}", weights.rows(), weights.columns(), problem.hessian.rows());
  const c10::NoGradGuard no_gradient;
  return Iteration(problem, weights).run();
}

}  // namespace niwaki
