#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "niwaki/core/matrix_view.hpp"

namespace niwaki {

/// Damped least squares of many rows over one set of inputs, each row on its own inputs. Row r's weights w, zero but on
/// its kept inputs S, minimise
///   sum of omega (w . x - y_r)^2 + damping |w - w0|^2,  so that  (H_SS + damping I)(w - w0)_S = (C_r - H w0)_S
/// with H = sum of omega x x^T, C_r = sum of omega y_r x and w0 the weights before.
struct RowProblem {
  MatrixView<const double> hessian;     // H [inputs, inputs]; the upper triangle is read
  MatrixView<const double> products;    // C [rows, inputs]
  MatrixView<const std::uint8_t> kept;  // [rows, inputs], 1 where a weight is kept
  double damping = 0;                   // absolute
};

/// Solves every row by Cholesky; `weights` [rows, inputs] hold w0 and then w. Costs a third of the cube of a row's kept
/// inputs in multiplications. Gives the number of rows whose H_SS + damping I has a pivot at or below `smallest_pivot`:
/// their weights stay as they were. Rows are solved side by side; the result does not depend on the number of threads.
std::size_t solve_rows(const RowProblem& problem, double smallest_pivot, MatrixView<float> weights);

}  // namespace niwaki
