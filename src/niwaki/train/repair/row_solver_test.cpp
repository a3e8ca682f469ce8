#include "niwaki/train/repair/row_solver.hpp"

#include <cmath>
#include <numeric>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/instruction_set.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/train/repair/cholesky_kernel.hpp"
#include "niwaki/train/repair/row_iteration.hpp"
#include "niwaki/train/test_networks.hpp"

namespace niwaki {
namespace {

/// Elimination with pivots, plainly.
std::vector<double> plainly_solved(std::vector<std::vector<double>> a, std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t p = 0; p < n; ++p) {
    std::size_t best = p;
    for (std::size_t i = p; i < n; ++i) {
      best = std::abs(a[i][p]) > std::abs(a[best][p]) ? i : best;
    }
    std::swap(a[p], a[best]);
    std::swap(b[p], b[best]);
    for (std::size_t i = 0; i < n; ++i) {
      const double factor = i == p ? 0 : a[i][p] / a[p][p];
      for (std::size_t j = 0; j < n; ++j) {
        a[i][j] -= factor * a[p][j];
      }
      b[i] -= factor * b[p];
    }
  }
  for (std::size_t p = 0; p < n; ++p) {
    b[p] /= a[p][p];
  }
  return b;
}

/// H and C of random inputs and outputs, and a random mask.
struct Problem {
  Problem(std::size_t row_count, std::size_t input_count, std::size_t samples, double share_kept, std::uint64_t seed)
      : rows(row_count), inputs(input_count), hessian(inputs * inputs), products(rows * inputs), kept(rows * inputs) {
    RandomStream random(seed, "row solver");
    std::vector<std::vector<double>> x(samples, std::vector<double>(inputs));
    for (std::vector<double>& sample : x) {
      for (double& value : sample) {
        value = random.normal() + 0.5 * sample[0];
      }
      for (std::size_t i = 0; i < inputs; ++i) {
        for (std::size_t j = 0; j < inputs; ++j) {
          hessian[i * inputs + j] += sample[i] * sample[j] / static_cast<double>(samples);
        }
      }
      for (std::size_t row = 0; row < rows; ++row) {
        const double y = random.normal();
        for (std::size_t i = 0; i < inputs; ++i) {
          products[row * inputs + i] += y * sample[i] / static_cast<double>(samples);
        }
      }
    }
    for (std::uint8_t& one : kept) {
      one = random.chance(share_kept) ? 1 : 0;
      weights.push_back(one != 0 ? static_cast<float>(random.normal()) : 0.0F);
    }
  }

  [[nodiscard]] RowProblem problem(double damping) const {
    return {.hessian = {hessian.data(), inputs, inputs},
            .products = {products.data(), rows, inputs},
            .kept = {kept.data(), rows, inputs},
            .damping = damping};
  }

  /// The row's equations as they stand in row_solver.hpp.
  [[nodiscard]] std::vector<double> expected(std::size_t row, double damping) const {
    std::vector<std::size_t> support;
    for (std::size_t i = 0; i < inputs; ++i) {
      if (kept[row * inputs + i] != 0) {
        support.push_back(i);
      }
    }
    std::vector<std::vector<double>> a(support.size(), std::vector<double>(support.size()));
    std::vector<double> b(support.size());
    for (std::size_t p = 0; p < support.size(); ++p) {
      b[p] = products[row * inputs + support[p]];
      for (std::size_t i = 0; i < inputs; ++i) {
        b[p] -= hessian[support[p] * inputs + i] * weights[row * inputs + i];
      }
      for (std::size_t q = 0; q < support.size(); ++q) {
        a[p][q] = hessian[support[p] * inputs + support[q]] + (p == q ? damping : 0.0);
      }
    }
    const std::vector<double> change = plainly_solved(a, b);
    std::vector<double> result(inputs, 0.0);
    for (std::size_t p = 0; p < support.size(); ++p) {
      result[support[p]] = weights[row * inputs + support[p]] + change[p];
    }
    return result;
  }

  std::size_t rows;
  std::size_t inputs;
  std::vector<double> hessian;
  std::vector<double> products;
  std::vector<std::uint8_t> kept;
  std::vector<float> weights;
};

class RowSolver : public ::testing::TestWithParam<double> {};

TEST_P(RowSolver, agrees_with_plain_elimination) {
  const Problem problem(9, 83, 400, GetParam(), 1);
  std::vector<float> weights = problem.weights;
  EXPECT_EQ(solve_rows(problem.problem(0.02), 1e-9, {weights.data(), 9, 83}), 0U);
  for (std::size_t row = 0; row < 9; ++row) {
    const std::vector<double> expected = problem.expected(row, 0.02);
    for (std::size_t i = 0; i < 83; ++i) {
      EXPECT_NEAR(weights[row * 83 + i], expected[i], 1e-5) << row << ", " << i;
      EXPECT_EQ(weights[row * 83 + i] == 0, problem.kept[row * 83 + i] == 0);
    }
  }
}

TEST_P(RowSolver, iteration_agrees_with_cholesky) {
  const Problem problem(9, 83, 200, GetParam(), 5);
  std::vector<float> direct = problem.weights;
  std::vector<float> iterated = problem.weights;
  EXPECT_EQ(solve_rows(problem.problem(0.02), 1e-9, {direct.data(), 9, 83}), 0U);
  EXPECT_THAT(solve_rows_by_iteration(problem.problem(0.02), {iterated.data(), 9, 83}), ::testing::IsEmpty());
  for (std::size_t i = 0; i < direct.size(); ++i) {
    EXPECT_NEAR(iterated[i], direct[i], 2e-5) << i;
    EXPECT_EQ(iterated[i] == 0, problem.kept[i] == 0);
  }
}

INSTANTIATE_TEST_SUITE_P(shares_kept, RowSolver, ::testing::Values(0.0, 0.05, 0.5, 1.0));

TEST(RowSolverTest, leaves_singular_rows_and_counts_them) {
  Problem problem(3, 40, 10, 1.0, 2);  // 10 samples for 40 weights
  problem.kept.assign(problem.kept.size(), 1);
  for (std::size_t i = 5; i < 40; ++i) {
    problem.kept[40 + i] = 0;  // the second row keeps 5
    problem.weights[40 + i] = 0;
  }
  std::vector<float> weights = problem.weights;
  EXPECT_EQ(solve_rows(problem.problem(0), 1e-9, {weights.data(), 3, 40}), 2U);
  EXPECT_TRUE(std::equal(weights.begin(), weights.begin() + 40, problem.weights.begin()));
  EXPECT_NE(weights[40], problem.weights[40]);
  EXPECT_EQ(solve_rows(problem.problem(0.01), 1e-9, {weights.data(), 3, 40}), 0U);
}

TEST(RowSolverTest, iteration_leaves_rows_that_do_not_settle) {
  Problem problem(2, 6, 50, 1.0, 6);
  problem.kept.assign(12, 1);
  for (std::size_t i = 0; i < 36; ++i) {
    problem.hessian[i] = 1e6 + (i % 7 == 0 ? 1e-3 : 0.0);  // in float32 there is one direction left
  }
  problem.kept[1] = problem.kept[2] = problem.kept[3] = problem.kept[4] = problem.kept[5] = problem.kept[0] = 0;
  std::vector<float> weights = problem.weights;
  EXPECT_THAT(solve_rows_by_iteration(problem.problem(1e-6), {weights.data(), 2, 6}), ::testing::ElementsAre(1U));
  EXPECT_EQ(weights, problem.weights);
  EXPECT_EQ(solve_rows(problem.problem(1e-6), 1e-9, {weights.data(), 2, 6}), 0U);  // in double there are all
}

TEST(RowSolverTest, iterates_only_where_that_is_less_work) {
  const auto kept = [](std::size_t inputs, std::size_t every) {
    std::vector<std::uint8_t> mask(4 * inputs);
    for (std::size_t i = 0; i < mask.size(); ++i) {
      mask[i] = i % every == 0 ? 1 : 0;
    }
    return mask;
  };
  const std::vector<double> hessian(1000 * 1000);
  const auto faster = [&](const std::vector<std::uint8_t>& mask, double damping) {
    return iteration_is_faster({.hessian = {hessian.data(), 1000, 1000},
                                .products = {hessian.data(), 4, 1000},
                                .kept = {mask.data(), 4, 1000},
                                .damping = damping});
  };
  EXPECT_TRUE(faster(kept(1000, 2), 0.1));
  EXPECT_FALSE(faster(kept(1000, 10), 0.1));
  EXPECT_FALSE(faster(kept(1000, 2), 0));  // a singular H is to be noticed
}

TEST(RowSolverTest, gives_the_same_bytes_for_any_number_of_threads) {
  const Problem problem(20, 70, 200, 0.6, 3);
  std::vector<float> one = problem.weights;
  std::vector<float> two = problem.weights;
  solve_rows(problem.problem(0.01), 1e-9, {one.data(), 20, 70});
  const testing_networks::ThreadCount threads(2);
  solve_rows(problem.problem(0.01), 1e-9, {two.data(), 20, 70});
  EXPECT_EQ(one, two);
}

TEST(RowSolverTest, factors_alike_by_every_instruction_set) {
  const Problem problem(1, 112, 300, 1.0, 4);
  std::vector<double> baseline = problem.hessian;
  ASSERT_TRUE(cholesky::baseline::factor(baseline.data(), 112, 1e-9));
  for (std::size_t i = 0; i < 112; ++i) {
    for (std::size_t j = i; j < 112; ++j) {
      double sum = 0;
      for (std::size_t p = 0; p <= i; ++p) {
        sum += baseline[p * 112 + i] * baseline[p * 112 + j];
      }
      EXPECT_NEAR(sum, problem.hessian[i * 112 + j], 1e-12);
    }
  }
  for (const InstructionSet set : instruction_sets_here()) {
    std::vector<double> matrix = problem.hessian;
    ASSERT_TRUE(kernel_of<cholesky::Kernel>(set, cholesky::baseline::factor, cholesky::avx2::factor,
                                            cholesky::avx512::factor)(matrix.data(), 112, 1e-9));
    for (std::size_t i = 0; i < 112; ++i) {
      for (std::size_t j = i; j < 112; ++j) {
        ASSERT_EQ(matrix[i * 112 + j], baseline[i * 112 + j]) << instruction_set_name(set);
      }
    }
  }
}

}  // namespace
}  // namespace niwaki
