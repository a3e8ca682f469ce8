#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
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

/// A float array of any shape from a .npy file (float32 or float64, little endian, C order; never pickled). The shape is checked against the
/// file's size before anything is allocated. Throws InputError naming the file.
struct FloatArray {
  std::vector<std::size_t> shape;
  std::vector<float> values;
};
FloatArray read_npy(const std::filesystem::path& path);
FloatArray parse_npy(std::string_view bytes, const std::string& name);
void write_npy(const std::filesystem::path& path, const std::vector<std::size_t>& shape, std::span<const float> values);

/// `.npy`, `.npz` (the one array in it, or `file.npz:key`), or CSV with a column `id` and one a class. Logits become probabilities by the
/// logistic function where `logits` is set. Throws InputError for a score that is NaN, infinite, or (without `logits`) outside [0, 1].
struct ScoreReadOptions {
  bool logits = false;
};
ScoreTable read_scores(const std::string& path, const ScoreReadOptions& options = {});

/// 1 / (1 + exp(-logit)), computed in double, without overflow.
float probability(float logit);

}  // namespace niwaki
