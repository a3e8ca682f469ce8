#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include "niwaki/core/error.hpp"

namespace niwaki {

/// A row-major matrix that somebody else owns: element (r, c) is data[r * columns + c].
/// The memory layout of every table in this project (scores, labels) is this one.
template <typename T>
class MatrixView {
 public:
  MatrixView() = default;

  MatrixView(T* data, std::size_t rows, std::size_t columns) : data_(data), rows_(rows), columns_(columns) {}

  MatrixView(std::span<T> values, std::size_t rows, std::size_t columns) : MatrixView(values.data(), rows, columns) {
    NIWAKI_CHECK(values.size() == rows * columns, "{} values for {} x {}", values.size(), rows, columns);
  }

  /// A view that may write reads as one that may not.
  template <typename U>
  requires(std::is_same_v<T, const U>) MatrixView(const MatrixView<U>& other)  // NOLINT(google-explicit-constructor)
      : MatrixView(other.data(), other.rows(), other.columns()) {}

  [[nodiscard]] T* data() const { return data_; }
  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::size_t columns() const { return columns_; }
  [[nodiscard]] std::size_t size() const { return rows_ * columns_; }

  [[nodiscard]] T& operator()(std::size_t row, std::size_t column) const { return data_[row * columns_ + column]; }
  [[nodiscard]] std::span<T> row(std::size_t row) const { return {data_ + row * columns_, columns_}; }
  [[nodiscard]] std::span<T> values() const { return {data_, size()}; }

  /// A copy of one column, for functions that want contiguous values.
  [[nodiscard]] std::vector<std::remove_const_t<T>> column(std::size_t column) const {
    std::vector<std::remove_const_t<T>> values(rows_);
    for (std::size_t row = 0; row < rows_; ++row) {
      values[row] = (*this)(row, column);
    }
    return values;
  }

 private:
  T* data_ = nullptr;
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
};

}  // namespace niwaki
