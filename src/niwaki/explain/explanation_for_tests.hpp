#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/folder_for_tests.hpp"
#include "niwaki/explain/explain.hpp"
#include "niwaki/imaging/image.hpp"

namespace niwaki {

constexpr std::size_t kSideForTests = 8;

/// Two logits, Edema and Mass, each a sum of the picture's values under its weights [8 x 8].
inline NamedNetwork weighing_network(const std::string& name, std::vector<float> edema, std::vector<float> mass) {
  NamedNetwork network{.name = name, .graph = {}};
  network.graph.classes = {"Edema", "Mass"};
  std::vector<float> weights = std::move(edema);
  weights.insert(weights.end(), mass.begin(), mass.end());
  network.graph.add_tensor("weight", {{2, kSideForTests * kSideForTests}, std::move(weights)});
  network.graph.nodes = {{"flatten", Flatten{}, {"input"}, "flat"}, {"linear", Linear{}, {"flat", "weight"}, "logits"}};
  return network;
}

/// Edema is what is bright, Mass what is dark.
inline NamedNetwork bright_or_dark(const std::string& name) {
  return weighing_network(name, std::vector<float>(64, 1.0F), std::vector<float>(64, -1.0F));
}

/// Edema is what is bright on the left; Mass what is bright anywhere.
inline NamedNetwork half_blind(const std::string& name) {
  std::vector<float> left(64, 0.0F);
  for (std::size_t pixel = 0; pixel < 64; ++pixel) {
    left[pixel] = pixel % 8 < 4 ? 1.0F : 0.0F;
  }
  return weighing_network(name, left, std::vector<float>(64, 1.0F));
}

/// Pictures of 16 x 16 pixels, grey, rising from 0.1 by rows, each with one white spot of 4 x 4 where a network's cell
/// of 2 x 2 is; patients have two pictures each.
class SpottedPictures {
 public:
  /// A spot: the cell's row and column, of four.
  void add(std::size_t row, std::size_t column, Label edema, Label mass) {
    Image image{1, 16, 16, std::vector<float>(256)};
    for (std::size_t pixel = 0; pixel < 256; ++pixel) {
      const bool spot = pixel / 16 / 4 == row && pixel % 16 / 4 == column;
      const std::size_t line = pixel / 16;
      image.pixels[pixel] = spot ? 1.0F : 0.1F + static_cast<float>(line) / 100.0F;
    }
    const std::size_t number = cohort_.size();
    const std::string file = fmt::format("{}.png", number);
    write_file(folder_ / file, encode_png(image));
    cohort_.records.push_back({fmt::format("i{}", number), fmt::format("p{}", number / 2), file, ""});
    cohort_.labels.insert(cohort_.labels.end(), {mass, edema});
  }
  std::filesystem::path boxes(const std::string& rows) const {
    write_file(folder_ / "boxes.csv", "id,class,x,y,width,height,picture_width,picture_height\n" + rows);
    return folder_ / "boxes.csv";
  }
  [[nodiscard]] std::filesystem::path folder() const { return folder_ / ""; }
  [[nodiscard]] const Cohort& cohort() const { return cohort_; }

  [[nodiscard]] Explanation explained(const std::vector<NamedNetwork>& networks, ExplainOptions options = {},
                                      const std::filesystem::path& boxes = {}) const {
    options.maps = {.method = MapMethod::kOcclusion, .patch = 2, .stride = 2, .engine = EngineKind::kReference};
    return explained_as_asked(networks, options, boxes);
  }
  [[nodiscard]] Explanation explained_as_asked(const std::vector<NamedNetwork>& networks, const ExplainOptions& options,
                                               const std::filesystem::path& boxes = {}) const {
    SilentProgress silent;
    const Preprocessing grey{
        .channels = 1, .height = kSideForTests, .width = kSideForTests, .mean = {0.0F}, .deviation = {1.0F}};
    return explain(networks, cohort_, folder(), boxes, grey, options, silent);
  }

 private:
  FolderForTests folder_{"explain"};
  Cohort cohort_{.classes = {"Mass", "Edema"}, .records = {}, .labels = {}, .given_splits = {}, .attributes = {}};
};

}  // namespace niwaki
