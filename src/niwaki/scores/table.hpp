#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "niwaki/core/matrix_view.hpp"

namespace niwaki {

/// Scores of every image for every class: [images, classes] row-major, probabilities.
struct ScoreTable {
  std::size_t images = 0;
  std::size_t classes = 0;
  std::vector<float> values;
  std::vector<std::string> ids;          // CSV only: one an image, else empty
  std::vector<std::string> class_names;  // CSV only: one a class, else empty

  [[nodiscard]] MatrixView<const float> view() const { return {values.data(), images, classes}; }
};

/// A float array of any shape, row-major (the last index runs fastest).
struct FloatArray {
  std::vector<std::size_t> shape;
  std::vector<float> values;
};

/// A .npy file (numpy.lib.format, versions 1 to 3) of float32 or float64, little endian, C order. Float64 is rounded to
/// float32. Pickled objects, other types and Fortran order are refused. The shape is checked against the file's size
/// before anything is allocated. Throws InputError naming the file.
FloatArray read_npy(const std::filesystem::path& path);
/// As above, into an array whose memory is used again: a table of float32 is read straight into it.
void read_npy(const std::filesystem::path& path, FloatArray& array);
/// As above, from bytes; `name` stands for the path in messages.
FloatArray parse_npy(std::string_view bytes, const std::string& name);
/// Version 1, '<f4', C order; whole or not at all. `values` are as many as `shape` says.
void write_npy(const std::filesystem::path& path, const std::vector<std::size_t>& shape, std::span<const float> values);

/// One array of a .npz archive (zip, stored or deflated): the array `key`, or the only one where `key` is empty.
/// What an entry claims to unpack to is checked against what deflate can do before anything is allocated.
/// Throws InputError naming the file, and the keys there are.
FloatArray read_npz(const std::filesystem::path& path, const std::string& key = {});

struct ScoreReadOptions {
  bool logits = false;  // the file holds logits, which become probabilities by the logistic function
};

/// A score table from `.npy`, `.npz` (the one array in it, or `file.npz:key`), or CSV with a column `id` and one a
/// class. Throws InputError for a shape other than [images, classes], an id or class listed twice, and a score that is
/// NaN, infinite, or (without `logits`) outside [0, 1], naming file, row and column.
ScoreTable read_scores(const std::string& path, const ScoreReadOptions& options = {});
/// As above, into a table whose memory is used again.
void read_scores(const std::string& path, const ScoreReadOptions& options, ScoreTable& table);

/// 1 / (1 + exp(-logit)), computed in double, without overflow.
float probability(float logit);

}  // namespace niwaki
