#pragma once

#include "niwaki/core/matrix_view.hpp"

namespace niwaki {

/// Turns a table on its side, so that each of its columns lies contiguous: transposed(c, r) = table(r, c). Works block
/// by block, several times faster than MatrixView::column() for one column after the other. `transposed` has as many
/// rows as `table` has columns, and the other way round, and does not overlap it.
void transpose(MatrixView<const float> table, MatrixView<float> transposed);

}  // namespace niwaki
