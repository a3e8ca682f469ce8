#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/explain/explain.hpp"

namespace niwaki {

/// Writes below `folder`, as docs/explain.md says: maps/network-<n>.npy (float32 [maps, rows, columns], one a network),
/// maps.csv (a row a map), pictures/ (at most `pictures` overlays), and, last, explain.json.
void write_explanation(const Explanation& explanation, const std::filesystem::path& folder, std::size_t pictures);

/// The text of explain.json.
std::string explanation_json(const Explanation& explanation, const std::vector<std::size_t>& drawn);

/// "higher" or "lower" where p (adjusted where it is one of several classes') is at most 0.05, else "not shown";
/// "insufficient evidence" where there is none.
std::string change_verdict(const PointingChange& change, const std::optional<double>& p);

/// The pairs to draw: those whose map moved most in any network first (the least rank correlation); with one network,
/// as they come.
std::vector<std::size_t> pairs_to_draw(const Explanation& explanation, std::size_t count);

/// The overlay of one pair as a PNG: the picture, then each network's map over it. A map is drawn as a share of its own
/// largest value, so colours say where a network looks, not how much.
std::string pair_overlay(const Explanation& explanation, std::size_t pair);

/// One network's map of a pair over its picture (as Explanation::read gives it), without a caption, as a JPEG of `side`
/// pixels along the longer side; "" where the map is flat.
std::string map_overlay(const Explanation& explanation, std::size_t pair, std::size_t network, const Image& picture,
                        std::size_t side);

/// What captions and summaries call the networks: their names without the folders that all begin with, and without
/// .onnx and .zst.
std::vector<std::string> short_names(const Explanation& explanation);

/// "pictures/0007.png", by place in pairs_to_draw().
std::string picture_name(std::size_t place);

}  // namespace niwaki
