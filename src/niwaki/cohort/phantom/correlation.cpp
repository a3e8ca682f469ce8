#include "niwaki/cohort/phantom/correlation.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "niwaki/core/error.hpp"

namespace niwaki::phantom {
namespace {

constexpr double kStrongest = 0.98;

/// The angle, cosine and sine of one Jacobi rotation that makes element (p, q) zero, applied to matrix and vectors.
void rotate(FindingMatrix& matrix, FindingMatrix& vectors, std::size_t p, std::size_t q) {
  const double ratio = (matrix[q][q] - matrix[p][p]) / (2 * matrix[p][q]);
  const double tangent = std::copysign(1.0, ratio) / (std::abs(ratio) + std::sqrt(ratio * ratio + 1));
  const double cosine = 1 / std::sqrt(tangent * tangent + 1);
  const double sine = tangent * cosine;
  for (std::size_t k = 0; k < kFindings; ++k) {
    const double a = matrix[k][p];
    const double b = matrix[k][q];
    matrix[k][p] = cosine * a - sine * b;
    matrix[k][q] = sine * a + cosine * b;
  }
  for (std::size_t k = 0; k < kFindings; ++k) {
    const double a = matrix[p][k];
    const double b = matrix[q][k];
    matrix[p][k] = cosine * a - sine * b;
    matrix[q][k] = sine * a + cosine * b;
    const double left = vectors[k][p];
    const double right = vectors[k][q];
    vectors[k][p] = cosine * left - sine * right;
    vectors[k][q] = sine * left + cosine * right;
  }
}

FindingMatrix identity() {
  FindingMatrix matrix{};
  for (std::size_t i = 0; i < kFindings; ++i) {
    matrix[i][i] = 1;
  }
  return matrix;
}

/// Turns `matrix` into the diagonal of its eigenvalues; answers the eigenvectors, one a column.
FindingMatrix diagonalise(FindingMatrix& matrix) {
  constexpr int kSweeps = 50;
  constexpr double kZero = 1e-14;
  FindingMatrix vectors = identity();
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    bool rotated = false;
    for (std::size_t p = 0; p < kFindings; ++p) {
      for (std::size_t q = p + 1; q < kFindings; ++q) {
        if (std::abs(matrix[p][q]) > kZero) {
          rotate(matrix, vectors, p, q);
          rotated = true;
        }
      }
    }
    if (!rotated) {
      break;
    }
  }
  return vectors;
}

}  // namespace

double normal_distribution(double x) {
  return 0.5 * std::erfc(-x / std::numbers::sqrt2);
}

double normal_quantile(double probability) {
  NIWAKI_CHECK(probability > 0 && probability < 1, "no quantile at {}", probability);
  double low = -40;
  double high = 40;
  for (int step = 0; step < 100; ++step) {
    const double middle = 0.5 * (low + high);
    (normal_distribution(middle) < probability ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

double both_above(double h, double k, double correlation) {
  constexpr int kIntervals = 128;
  const double end = std::asin(correlation);
  const double step = end / kIntervals;
  double sum = 0;
  for (int i = 0; i <= kIntervals; ++i) {
    const double sine = std::sin(step * i);
    const double cosine_square = 1 - sine * sine;
    const double value = std::exp(-(h * h - 2 * h * k * sine + k * k) / (2 * cosine_square));
    const int weight = i == 0 || i == kIntervals ? 1 : (i % 2 == 1 ? 4 : 2);
    sum += weight * value;
  }
  return normal_distribution(-h) * normal_distribution(-k) + sum * step / 3 / (2 * std::numbers::pi);
}

double tetrachoric_correlation(double a, double b, double both) {
  const double h = normal_quantile(1 - a);
  const double k = normal_quantile(1 - b);
  double low = -kStrongest;
  double high = kStrongest;
  for (int step = 0; step < 40; ++step) {
    const double middle = 0.5 * (low + high);
    (both_above(h, k, middle) < both ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

FindingMatrix nearest_correlation(const FindingMatrix& matrix, double smallest) {
  FindingMatrix diagonal = matrix;
  const FindingMatrix vectors = diagonalise(diagonal);
  FindingMatrix result{};
  for (std::size_t i = 0; i < kFindings; ++i) {
    for (std::size_t j = 0; j < kFindings; ++j) {
      for (std::size_t k = 0; k < kFindings; ++k) {
        result[i][j] += vectors[i][k] * std::max(diagonal[k][k], smallest) * vectors[j][k];
      }
    }
  }
  FindingMatrix scaled = result;
  for (std::size_t i = 0; i < kFindings; ++i) {
    for (std::size_t j = 0; j < kFindings; ++j) {
      scaled[i][j] = i == j ? 1 : result[i][j] / std::sqrt(result[i][i] * result[j][j]);
    }
  }
  return scaled;
}

FindingMatrix cholesky(const FindingMatrix& matrix) {
  FindingMatrix lower{};
  for (std::size_t i = 0; i < kFindings; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double rest = matrix[i][j];
      for (std::size_t k = 0; k < j; ++k) {
        rest -= lower[i][k] * lower[j][k];
      }
      if (i == j) {
        NIWAKI_CHECK(rest > 0, "row {} of the matrix is not positive definite: {}", i, rest);
        lower[i][i] = std::sqrt(rest);
      } else {
        lower[i][j] = rest / lower[j][j];
      }
    }
  }
  return lower;
}

}  // namespace niwaki::phantom
