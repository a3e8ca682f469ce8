#include "niwaki/explain/heat_mapper.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "niwaki/core/error.hpp"
#include "niwaki/explain/map_layer.hpp"
#include "niwaki/predict/predictor.hpp"
#include "niwaki/train/layer_gradients.hpp"

namespace niwaki {
namespace {

/// Of `count` cells that share a side out evenly.
std::vector<double> even_centres(std::int64_t count) {
  std::vector<double> centres;
  for (std::int64_t cell = 0; cell < count; ++cell) {
    centres.push_back((static_cast<double>(cell) + 0.5) / static_cast<double>(count));
  }
  return centres;
}

Shape shape_of(const Preprocessing& picture, std::size_t count) {
  return {static_cast<std::int64_t>(count), static_cast<std::int64_t>(picture.channels),
          static_cast<std::int64_t>(picture.height), static_cast<std::int64_t>(picture.width)};
}

class GradCam : public HeatMapper {
 public:
  GradCam(const Graph& graph, const Preprocessing& picture, const Node& node)
      : picture_(picture), layer_(node.name), gradients_(graph, node.output) {
    const Shape shape = infer_shapes(graph, shape_of(picture, 1)).at(node.output);
    grid_ = {even_centres(shape[2]), even_centres(shape[3])};
  }

  [[nodiscard]] const MapGrid& grid() const override { return grid_; }
  [[nodiscard]] const std::string& layer() const override { return layer_; }

  [[nodiscard]] ExplainedPicture explain(std::span<const float> picture,
                                         std::span<const std::size_t> classes) const override {
    LayerResponse response = gradients_.of(picture, shape_of(picture_, 1), classes);
    ExplainedPicture result{.logits = std::move(response.logits)};
    for (const std::vector<float>& gradient : response.gradients) {
      result.maps.push_back(weighed(response.values, gradient));
    }
    return result;
  }

  [[nodiscard]] Image spread(const HeatMap& map) const override {
    return resized({1, grid_.rows(), grid_.columns(), map}, picture_.height, picture_.width);
  }

 private:
  [[nodiscard]] HeatMap weighed(std::span<const float> values, std::span<const float> gradient) const {
    const std::size_t cells = grid_.cells();
    std::vector<double> sums(cells, 0.0);
    for (std::size_t begin = 0; begin < values.size(); begin += cells) {
      double weight = 0.0;
      for (const float slope : gradient.subspan(begin, cells)) {
        weight += slope;
      }
      weight /= static_cast<double>(cells);
      for (std::size_t cell = 0; cell < cells; ++cell) {
        sums[cell] += weight * values[begin + cell];
      }
    }
    HeatMap map;
    map.reserve(cells);
    for (const double sum : sums) {
      map.push_back(static_cast<float>(std::max(0.0, sum)));
    }
    return map;
  }

  Preprocessing picture_;
  std::string layer_;
  LayerGradients gradients_;
  MapGrid grid_;
};

/// Where patches begin along a side; the last ends at its end.
std::vector<std::size_t> patch_begins(std::size_t side, std::size_t patch, std::size_t stride) {
  std::vector<std::size_t> begins;
  for (std::size_t begin = 0; begin + patch < side; begin += stride) {
    begins.push_back(begin);
  }
  begins.push_back(side - patch);
  return begins;
}

class Occlusion : public HeatMapper {
 public:
  Occlusion(Graph graph, const Preprocessing& picture, std::size_t patch, std::size_t stride, EngineKind engine)
      : picture_(picture),
        patch_(patch),
        tops_(patch_begins(picture.height, patch, stride)),
        lefts_(patch_begins(picture.width, patch, stride)),
        predictor_(std::move(graph), {.kind = engine, .measured_costs = false}) {
    const auto centre = [&](std::size_t begin, std::size_t side) {
      return (static_cast<double>(begin) + 0.5 * static_cast<double>(patch_)) / static_cast<double>(side);
    };
    for (const std::size_t top : tops_) {
      grid_.row_centres.push_back(centre(top, picture.height));
    }
    for (const std::size_t left : lefts_) {
      grid_.column_centres.push_back(centre(left, picture.width));
    }
  }

  [[nodiscard]] const MapGrid& grid() const override { return grid_; }
  [[nodiscard]] const std::string& layer() const override { return none_; }

  [[nodiscard]] ExplainedPicture explain(std::span<const float> picture,
                                         std::span<const std::size_t> classes) const override {
    ExplainedPicture result{.logits = predictor_.logits(picture, shape_of(picture_, 1))};
    result.maps.assign(classes.size(), {});
    if (classes.empty()) {
      return result;
    }
    std::vector<float> covered;
    for (std::size_t first = 0; first < grid_.cells(); first += kAtOnce) {
      const std::size_t count = std::min(kAtOnce, grid_.cells() - first);
      covered.clear();
      for (std::size_t cell = first; cell < first + count; ++cell) {
        append_covered(picture, cell, covered);
      }
      const std::vector<float> logits = predictor_.logits(covered, shape_of(picture_, count), kAtOnce);
      for (std::size_t i = 0; i < classes.size(); ++i) {
        for (std::size_t cell = 0; cell < count; ++cell) {
          result.maps[i].push_back(result.logits[classes[i]] - logits[cell * predictor_.classes() + classes[i]]);
        }
      }
    }
    return result;
  }

  [[nodiscard]] Image spread(const HeatMap& map) const override {
    Image sums{1, picture_.height, picture_.width, std::vector<float>(picture_.height * picture_.width, 0.0F)};
    std::vector<float> patches(sums.pixels.size(), 0.0F);
    for (std::size_t cell = 0; cell < map.size(); ++cell) {
      for_each_pixel(cell, [&](std::size_t pixel) {
        sums.pixels[pixel] += map[cell];
        patches[pixel] += 1.0F;
      });
    }
    std::ranges::transform(sums.pixels, patches, sums.pixels.begin(), std::divides<>());
    return sums;
  }

 private:
  static constexpr std::size_t kAtOnce = 64;  // covered pictures

  /// Calls use(pixel) for the pixels that the patch of this cell covers.
  template <typename Use>
  void for_each_pixel(std::size_t cell, const Use& use) const {
    const std::size_t top = tops_[cell / lefts_.size()];
    const std::size_t left = lefts_[cell % lefts_.size()];
    for (std::size_t row = top; row < top + patch_; ++row) {
      for (std::size_t column = left; column < left + patch_; ++column) {
        use(row * picture_.width + column);
      }
    }
  }

  void append_covered(std::span<const float> picture, std::size_t cell, std::vector<float>& covered) const {
    const std::size_t begin = covered.size();
    covered.insert(covered.end(), picture.begin(), picture.end());
    for (std::size_t channel = 0; channel < picture_.channels; ++channel) {
      float* plane = covered.data() + begin + channel * picture_.height * picture_.width;
      for_each_pixel(cell, [&](std::size_t pixel) { plane[pixel] = 0.0F; });
    }
  }

  Preprocessing picture_;
  std::size_t patch_;
  std::vector<std::size_t> tops_;
  std::vector<std::size_t> lefts_;
  Predictor predictor_;
  MapGrid grid_;
  std::string none_;
};

std::unique_ptr<HeatMapper> make_occlusion(const Graph& graph, const Preprocessing& shape,
                                           const HeatMapOptions& options) {
  const std::size_t side = std::min(shape.height, shape.width);
  const std::size_t patch = options.patch == 0 ? std::max<std::size_t>(1, side / 8) : options.patch;
  const std::size_t stride = options.stride == 0 ? std::max<std::size_t>(1, patch / 2) : options.stride;
  if (patch > side) {
    throw InputError(
        fmt::format("a patch of {} pixels is larger than the picture of {} x {}", patch, shape.height, shape.width),
        "--patch", fmt::format("choose 1 to {}", side));
  }
  if (stride > patch) {
    throw InputError(fmt::format("a stride of {} pixels leaves gaps between patches of {}", stride, patch), "--stride",
                     fmt::format("choose 1 to {}", patch));
  }
  return std::make_unique<Occlusion>(graph, shape, patch, stride, options.engine);
}

}  // namespace

MapMethod parse_map_method(const std::string& name) {
  for (const MapMethod method : {MapMethod::kGradCam, MapMethod::kOcclusion}) {
    if (name == map_method_name(method)) {
      return method;
    }
  }
  throw InputError(fmt::format("there is no method '{}'", name), "--method", "choose grad-cam or occlusion");
}

const char* map_method_name(MapMethod method) {
  return method == MapMethod::kGradCam ? "grad-cam" : "occlusion";
}

std::unique_ptr<HeatMapper> make_heat_mapper(const Graph& graph, const Preprocessing& shape,
                                             const HeatMapOptions& options, const std::string& source) {
  const Graph network = without_last_sigmoid(graph);
  try {
    infer_shapes(network, shape_of(shape, 1));
  } catch (const InputError& error) {
    throw InputError(fmt::format("the pictures do not fit the network ({})", error.problem()),
                     fmt::format("{}, {}", source, error.where()), error.what_to_do());
  }
  if (options.method == MapMethod::kOcclusion) {
    return make_occlusion(network, shape, options);
  }
  return std::make_unique<GradCam>(network, shape, map_layer(network, shape_of(shape, 1), options.layer, source));
}

}  // namespace niwaki
