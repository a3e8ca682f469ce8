#pragma once

#include <cstddef>
#include <vector>

#include "niwaki/train/repair/row_solver.hpp"

namespace niwaki {

/// Whether solve_rows_by_iteration() is likely faster than solve_rows(), told by sizes alone: where many weights a row
/// are kept, a third of the cube of their number is more work than the iteration's products with the whole of H. Never
/// without damping: the iteration would not notice a singular H.
bool iteration_is_faster(const RowProblem& problem);

/// What solve_rows() gives, by conjugate gradients on all rows together, the entries that are pruned held at zero
/// (Hestenes & Stiefel 1952, with the diagonal as preconditioner). Products with H are in float32 by oneDNN; the
/// residual is then computed in double and iterated upon again, until it is a ten-millionth of what it was. Needs both
/// triangles of H. Gives the rows that did not get there (rising): their weights stay as they were.
std::vector<std::size_t> solve_rows_by_iteration(const RowProblem& problem, MatrixView<float> weights);

}  // namespace niwaki
