#include <algorithm>
#include <cmath>

#include "niwaki/audit/decision/outside_evidence.hpp"
#include "niwaki/scores/grid.hpp"

namespace niwaki {

namespace fs = std::filesystem;

std::vector<NetworkFile> network_files(const fs::path& study) {
  const fs::path manifest = study / "scores" / "scores.csv";
  std::vector<NetworkFile> files;
  if (!fs::exists(manifest)) {
    return files;
  }
  for (const GridEntry& entry : read_grid(manifest).entries) {
    const fs::path path = study / "models" / fs::path(entry.path).replace_extension(".onnx.zst");
    std::error_code error;
    const std::uintmax_t bytes = fs::file_size(path, error);
    if (!error) {
      files.push_back({entry.method, entry.seed, entry.sparsity, path, bytes});
    }
  }
  return files;
}

const NetworkFile* find_network_file(const std::vector<NetworkFile>& files, const std::string& method,
                                     std::uint64_t seed, double sparsity) {
  constexpr double kSame = 1e-9;
  const auto found = std::ranges::find_if(files, [&](const NetworkFile& file) {
    return file.seed == seed && std::abs(file.sparsity - sparsity) < kSame &&
           (sparsity == 0.0 || file.method == method);
  });
  return found == files.end() ? nullptr : &*found;
}

}  // namespace niwaki
