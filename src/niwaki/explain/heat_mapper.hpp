#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "niwaki/engine/engine.hpp"
#include "niwaki/explain/heat_map.hpp"
#include "niwaki/imaging/image.hpp"
#include "niwaki/model/graph.hpp"

namespace niwaki {

enum class MapMethod { kGradCam, kOcclusion };
/// "grad-cam" or "occlusion". Throws InputError for another name.
MapMethod parse_map_method(const std::string& name);
const char* map_method_name(MapMethod method);

struct HeatMapOptions {
  MapMethod method = MapMethod::kGradCam;
  std::string layer;       // Grad-CAM: the node whose output is weighed; empty: the last one that has places
  std::size_t patch = 0;   // occlusion: pixels a side of the network's input; 0: an eighth of the shorter side
  std::size_t stride = 0;  // occlusion: pixels between patches, at most `patch`; 0: half a patch
  EngineKind engine = EngineKind::kAuto;
};

/// What a network makes of one picture.
struct ExplainedPicture {
  std::vector<HeatMap> maps;  // one a class asked for, over the mapper's grid
  std::vector<float> logits;  // of all classes
};

/// Says what in a picture speaks for a class, for one network and one size of picture.
class HeatMapper {
 public:
  HeatMapper() = default;
  HeatMapper(const HeatMapper&) = delete;
  HeatMapper& operator=(const HeatMapper&) = delete;
  HeatMapper(HeatMapper&&) = delete;
  HeatMapper& operator=(HeatMapper&&) = delete;
  virtual ~HeatMapper() = default;

  [[nodiscard]] virtual const MapGrid& grid() const = 0;
  /// The node that Grad-CAM weighs; "" for occlusion.
  [[nodiscard]] virtual const std::string& layer() const = 0;
  /// `picture`: normalised, [channels, height, width].
  [[nodiscard]] virtual ExplainedPicture explain(std::span<const float> picture,
                                                 std::span<const std::size_t> classes) const = 0;
  /// The map over the picture's pixels, for drawing.
  [[nodiscard]] virtual Image spread(const HeatMap& map) const = 0;
};

/// Grad-CAM (Selvaraju et al., ICCV 2017, equations 1 and 2): with A the layer's output and y a class's logit, the
/// weight of channel k is the mean over places of dy / dA_k, and the map is max(0, sum over k of weight x A_k). Its
/// grid is the layer's; between cells the picture's map is bilinear. Occlusion (Zeiler & Fergus, ECCV 2014,
/// section 4.2): a square patch of the colour that normalisation makes 0 slides over the picture; a cell's value is the
/// logit of the whole picture less that of the covered one. The last patch of a row or column ends at the picture's
/// edge. The picture's map is the mean of the patches over each pixel. `graph` gives logits; `shape`: [channels,
/// height, width]. Throws InputError naming `source` where the network does not take such a picture, for a layer as
/// map_layer() says, and for a patch larger than the picture or a stride larger than the patch.
std::unique_ptr<HeatMapper> make_heat_mapper(const Graph& graph, const Preprocessing& shape,
                                             const HeatMapOptions& options, const std::string& source);

}  // namespace niwaki
