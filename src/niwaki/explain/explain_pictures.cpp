#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include "niwaki/core/text.hpp"
#include "niwaki/explain/explain_files.hpp"
#include "niwaki/imaging/heat_overlay.hpp"
#include "niwaki/imaging/image.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kSide = 320;  // pixels

/// As a share of the largest value; nothing below 0.
Image as_heat(Image map) {
  const float most = *std::ranges::max_element(map.pixels);
  for (float& value : map.pixels) {
    value = most > 0.0F ? std::max(0.0F, value / most) : 0.0F;
  }
  return map;
}

std::string caption_of(const std::string& name, const MapFigures& figures) {
  std::string caption = fmt::format("{}: p = {:.2f}", name, figures.probability);
  if (figures.flat) {
    return caption + ", nothing speaks for it";
  }
  if (figures.correlation) {
    caption += fmt::format(", rank corr. {:.2f}", *figures.correlation);
  }
  return caption;
}

double least_correlation(const Explanation& explanation, std::size_t pair) {
  double least = 2.0;  // above any
  for (const NetworkMaps& network : explanation.networks) {
    least = std::min(least, network.figures[pair].correlation.value_or(2.0));
  }
  return least;
}

}  // namespace

std::vector<std::size_t> pairs_to_draw(const Explanation& explanation, std::size_t count) {
  std::vector<std::size_t> pairs(explanation.pairs.size());
  std::iota(pairs.begin(), pairs.end(), std::size_t{0});
  std::ranges::stable_sort(pairs, {}, [&](std::size_t pair) { return least_correlation(explanation, pair); });
  pairs.resize(std::min(count, pairs.size()));
  return pairs;
}

std::string pair_overlay(const Explanation& explanation, std::size_t pair) {
  const ExplainedPair& shown = explanation.pairs[pair];
  std::vector<OverlayFrame> frames;
  if (shown.boxes) {
    for (const PictureBox& box : shown.boxes->boxes) {
      frames.push_back({box.left, box.top, box.right, box.bottom});
    }
  }
  const Image picture = explanation.read(shown.row);
  const std::vector<std::string> names = short_names(explanation);
  std::vector<OverlayPanel> panels = {{.caption = explanation.classes[shown.name], .frames = frames}};
  for (std::size_t number = 0; number < explanation.networks.size(); ++number) {
    const NetworkMaps& network = explanation.networks[number];
    const MapFigures& figures = network.figures[pair];
    OverlayPanel panel{.caption = caption_of(names[number], figures), .frames = frames};
    if (!figures.flat) {
      panel.heat = as_heat(explanation.mappers[number]->spread(network.maps[pair]));
      panel.mark = OverlayMark{*figures.peak_x / static_cast<double>(picture.width),
                               *figures.peak_y / static_cast<double>(picture.height)};
    }
    panels.push_back(std::move(panel));
  }
  return encode_overlays(picture, panels, kSide);
}

std::string map_overlay(const Explanation& explanation, std::size_t pair, std::size_t network, const Image& picture,
                        std::size_t side) {
  constexpr int kQuality = 60;  // a page has hundreds of them
  const NetworkMaps& maps = explanation.networks[network];
  if (maps.figures[pair].flat) {
    return "";
  }
  const Image heat = as_heat(explanation.mappers[network]->spread(maps.maps[pair]));
  return encode_overlay_jpeg(picture, heat, side, kQuality);
}

std::vector<std::string> short_names(const Explanation& explanation) {
  std::vector<std::vector<std::string>> paths;
  for (const NetworkMaps& network : explanation.networks) {
    paths.push_back(split(network.name, '/'));
  }
  std::size_t shared = 0;  // folders that all begin with
  while (std::ranges::all_of(
      paths, [&](const auto& path) { return shared + 1 < path.size() && path[shared] == paths.front()[shared]; })) {
    ++shared;
  }
  std::vector<std::string> names;
  for (const std::vector<std::string>& path : paths) {
    std::string name = joined(std::span(path).subspan(shared), "/");
    for (const std::string_view ending : {".zst", ".onnx"}) {
      name.resize(name.ends_with(ending) ? name.size() - ending.size() : name.size());
    }
    names.push_back(std::move(name));
  }
  return names;
}

std::string picture_name(std::size_t place) {
  return fmt::format("pictures/{:04}.png", place);
}

}  // namespace niwaki
