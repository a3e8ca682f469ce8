#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace niwaki {

/// The exemplars of one method at one sparsity.
struct ExemplarList {
  std::string method;
  double sparsity = 0;
  std::vector<std::string> ids;  // of images, in the order of the file

  /// "l1 at 0.9"; "two networks" for a list of `niwaki exemplars`.
  [[nodiscard]] std::string name() const;
};

/// Reads an audit's exemplars.csv by the names of its columns (method, sparsity, id; others are passed over), or the
/// list of `niwaki exemplars`, which has neither method nor sparsity. `method` may be empty and `sparsity` nothing
/// where the file has only one. Throws InputError where the file lists none or several that fit (saying which), and for
/// an image that stands there twice.
ExemplarList read_exemplar_list(const std::filesystem::path& path, const std::string& method,
                                std::optional<double> sparsity);

}  // namespace niwaki
