#include "niwaki/study/own_model/guards.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "niwaki/core/error.hpp"
#include "niwaki/imaging/image.hpp"
#include "niwaki/metrics/quantile.hpp"
#include "niwaki/metrics/ranking.hpp"
#include "niwaki/predict/predictor.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kPictures = 64;
constexpr double kFar = 1.0;  // of median_distance(): 1 is a mean one deviation off, or a deviation e times too large
constexpr double kVeryFar = 2.0;

/// The first normalisation, if pictures reach it through nothing that this cannot follow.
const Node* first_normalisation(const Graph& graph) {
  const auto found = std::ranges::find_if(
      graph.nodes, [](const Node& node) { return std::holds_alternative<BatchNormalization>(node.operation); });
  return found == graph.nodes.end() ? nullptr : &*found;
}

/// The network up to `value`, ending in the means over the picture of it and of its square: [images, 2 channels].
Graph statistics_network(const Graph& graph, const std::string& value, std::size_t channels) {
  Graph network = graph;
  network.classes.clear();
  const auto after = std::ranges::find(network.nodes, value, &Node::output);
  network.nodes.erase(after + 1, network.nodes.end());
  const auto add = [&](const Operation& operation, std::vector<std::string> inputs, const std::string& output) {
    network.nodes.push_back({"niwaki." + output, operation, std::move(inputs), output});
  };
  add(Multiply{}, {value, value}, "square");
  add(Concatenate{}, {value, "square"}, "both");
  add(GlobalAveragePool{}, {"both"}, "means");
  add(Flatten{}, {"means"}, "flat");
  const auto width = static_cast<std::int64_t>(2 * channels);
  Tensor identity{{width, width}, std::vector<float>(4 * channels * channels, 0.0F)};
  for (std::size_t i = 0; i < 2 * channels; ++i) {
    identity.values[i * 2 * channels + i] = 1.0F;
  }
  network.add_tensor("niwaki.identity", std::move(identity));
  add(Linear{}, {"flat", "niwaki.identity"}, "statistics");
  network.output = "statistics";
  check(network);
  return network;
}

/// Some pictures as the network would get them, [images, channels, height, width].
std::vector<float> prepared(const ImageSource& images, std::size_t count, const InputVariant& variant) {
  const Preprocessing& shape = images.preprocessing();
  const std::size_t plane = shape.height * shape.width;
  std::vector<float> all(count * shape.values());
  std::vector<float> pixels(shape.values());
  for (std::size_t i = 0; i < count; ++i) {
    images.read(i * images.size() / count, pixels);
    if (variant.reversed_channels) {
      std::swap_ranges(pixels.begin(), pixels.begin() + static_cast<std::ptrdiff_t>(plane),
                       pixels.end() - static_cast<std::ptrdiff_t>(plane));
    }
    normalise(pixels, shape);
    std::transform(
        pixels.begin(), pixels.end(), all.begin() + static_cast<std::ptrdiff_t>(i * shape.values()),
        [&](float value) { return static_cast<float>(variant.scale * static_cast<double>(value) + variant.shift); });
  }
  return all;
}

/// How far the statistics are from those that training left: the median over channels of |mean difference| / deviation
/// plus |log of the ratio of deviations|.
double median_distance(const ActivationStatistics& seen, const Graph& graph, const Node& normalisation) {
  const Tensor& mean = graph.tensor(normalisation.inputs[3]);
  const Tensor& variance = graph.tensor(normalisation.inputs[4]);
  constexpr double kTiny = 1e-12;
  std::vector<double> distances;
  for (std::size_t channel = 0; channel < seen.mean.size(); ++channel) {
    const double trained = static_cast<double>(variance.values[channel]) + kTiny;
    distances.push_back(std::abs(seen.mean[channel] - static_cast<double>(mean.values[channel])) / std::sqrt(trained) +
                        std::abs(0.5 * std::log((seen.variance[channel] + kTiny) / trained)));
  }
  return median(distances).value_or(0.0);
}

/// As a framework makes them, before any training.
bool never_trained(const Graph& graph, const Node& normalisation) {
  const auto all_are = [](const Tensor& tensor, float value) {
    return std::ranges::all_of(tensor.values, [value](float entry) { return entry == value; });
  };
  return all_are(graph.tensor(normalisation.inputs[3]), 0.0F) && all_are(graph.tensor(normalisation.inputs[4]), 1.0F);
}

struct NamedVariant {
  std::string what;
  std::string what_to_do;
  InputVariant variant;
};

/// Usual ways to prepare pictures, said as changes of the given way (of its first channel).
std::vector<NamedVariant> usual_variants(const Preprocessing& given) {
  const double mean = static_cast<double>(given.mean.front());
  const double deviation = static_cast<double>(given.deviation.front());
  const auto as = [&](double other_mean, double other_deviation) {
    return InputVariant{deviation / other_deviation, (mean - other_mean) / other_deviation, false};
  };
  std::vector<NamedVariant> variants = {
      {"", "values from 0 to 255: mean 0, deviation 1/255", as(0, 1.0 / 255)},
      {"", "values from 0 to 1: mean 0, deviation 1", as(0, 1)},
      {"", "ImageNet's mean and deviation (0.485,0.456,0.406 and 0.229,0.224,0.225)", as(0.449, 0.226)},
      {"", "values from -1 to 1: mean 0.5, deviation 0.5", as(0.5, 0.5)},
      {"", "values from -1024 to 1024: mean 0.5, deviation 1/2048", as(0.5, 1.0 / 2048)},
      {"", "divide the deviation by 255", {255.0, 0.0, false}},
      {"", "multiply the deviation by 255", {1.0 / 255.0, 0.0, false}}};
  for (NamedVariant& entry : variants) {
    const double scale = entry.variant.scale;
    entry.what = scale < 1 ? fmt::format("the input looks {:.3g} times too large", 1 / scale)
                           : fmt::format("the input looks {:.3g} times too small", scale);
    if (std::abs(std::log(scale)) < 0.05) {
      entry.what = "the input's mean looks wrong";
    }
  }
  if (given.channels == 3) {
    variants.push_back({"the input's channels look to be in the other order (blue, green, red)",
                        "reverse the channels of the first layer's weights, or export the network for red, green, blue",
                        {1.0, 0.0, true}});
  }
  return variants;
}

/// AUROC of one class by one output; nothing with fewer than 20 images of either kind.
std::optional<double> ranked_by(MatrixView<const float> outputs, std::size_t output,
                                const std::vector<std::int8_t>& labels) {
  constexpr std::size_t kFewest = 20;
  const RankedScores ranked(outputs.column(output), labels);
  return ranked.positives() < kFewest || ranked.negatives() < kFewest ? std::nullopt : auroc(ranked);
}

}  // namespace

std::vector<Suspicion> suspicions_of_outputs(MatrixView<const float> outputs, bool said_logits) {
  const std::span<const float> values = outputs.values();
  if (!std::ranges::all_of(values, [](float value) { return std::isfinite(value); })) {
    return {{true, "the network gives outputs that are no finite numbers",
             "check how pictures become its input (size, mean, deviation), and the exported file"}};
  }
  bool same = true;
  for (std::size_t column = 0; column < outputs.columns(); ++column) {
    const std::vector<float> of_class = outputs.column(column);
    const auto [low, high] = std::minmax_element(of_class.begin(), of_class.end());
    same = same && static_cast<double>(*high - *low) <= 1e-6 * std::max(1.0, std::abs(static_cast<double>(*high)));
  }
  if (same) {
    return {{true, fmt::format("the network gives all {} images the same outputs", outputs.rows()),
             "check how pictures become its input (size, mean, deviation), and whether the network was trained"}};
  }
  const bool like_probabilities =
      std::ranges::all_of(values, [](float value) { return value >= 0.0F && value <= 1.0F; });
  if (like_probabilities && !said_logits) {
    return {{true, "all outputs lie between 0 and 1, as probabilities do, where logits are expected",
             "export the network without what turns logits into probabilities; if they are logits, say so "
             "(--outputs logits)"}};
  }
  return {};
}

ActivationStatistics activation_statistics(const Graph& graph, const ImageSource& images, const InputVariant& variant) {
  const Node* const normalisation = first_normalisation(graph);
  if (normalisation == nullptr || normalisation->inputs[0] == graph.input) {
    return {};
  }
  const std::size_t channels = graph.tensor(normalisation->inputs[3]).size();
  const std::size_t count = std::min(kPictures, images.size());
  const Preprocessing& shape = images.preprocessing();
  const Predictor predictor(statistics_network(graph, normalisation->inputs[0], channels),
                            {.kind = EngineKind::kDense, .measured_costs = false});
  const std::vector<float> values =
      predictor.logits(prepared(images, count, variant),
                       Shape{static_cast<std::int64_t>(count), static_cast<std::int64_t>(shape.channels),
                             static_cast<std::int64_t>(shape.height), static_cast<std::int64_t>(shape.width)});
  ActivationStatistics statistics{std::vector<double>(channels), std::vector<double>(channels)};
  for (std::size_t image = 0; image < count; ++image) {
    for (std::size_t channel = 0; channel < channels; ++channel) {
      const float* const row = values.data() + image * 2 * channels;
      statistics.mean[channel] += static_cast<double>(row[channel]) / static_cast<double>(count);
      statistics.variance[channel] += static_cast<double>(row[channels + channel]) / static_cast<double>(count);
    }
  }
  for (std::size_t channel = 0; channel < channels; ++channel) {
    statistics.variance[channel] =
        std::max(0.0, statistics.variance[channel] - statistics.mean[channel] * statistics.mean[channel]);
  }
  return statistics;
}

std::vector<Suspicion> suspicions_of_input(const Graph& graph, const ImageSource& images) {
  const Node* const normalisation = first_normalisation(graph);
  const ActivationStatistics given = activation_statistics(graph, images, {});
  if (given.mean.empty()) {
    return {{false, "the network has no batch normalisation left, so the scale of its input cannot be checked",
             "export it with its normalisation kept (docs/models.md)"}};
  }
  if (never_trained(graph, *normalisation)) {
    return {{false, "the network's batch normalisation has the statistics of one that was never trained",
             "check that the right file was exported, in evaluation mode"}};
  }
  const double distance = median_distance(given, graph, *normalisation);
  if (distance < kFar) {
    return {};
  }
  const std::vector<NamedVariant> variants = usual_variants(images.preprocessing());
  const NamedVariant* best = nullptr;
  double least = distance / 2;
  for (const NamedVariant& entry : variants) {
    const double other = median_distance(activation_statistics(graph, images, entry.variant), graph, *normalisation);
    if (other < least && other < kFar) {
      least = other;
      best = &entry;
    }
  }
  if (best != nullptr) {
    return {{true,
             fmt::format("{}: with that, what reaches the first layer is as its normalisation knows it from "
                         "training",
                         best->what),
             best->what_to_do}};
  }
  if (distance < kVeryFar) {
    return {};
  }
  return {{false,
           fmt::format("the pictures do not look as those that the network was trained on: what comes into its first "
                       "normalisation is {:.1f} deviations off",
                       distance),
           "check size, mean and deviation, and whether the pictures are inverted"}};
}

std::vector<Suspicion> suspicions_of_classes(MatrixView<const float> outputs, const Cohort& cohort) {
  constexpr double kReversed = 0.35;
  constexpr double kPoor = 0.6;
  constexpr double kFarBetter = 0.15;
  NIWAKI_CHECK(outputs.columns() == cohort.classes.size(), "{} outputs for {} classes", outputs.columns(),
               cohort.classes.size());
  std::vector<Suspicion> suspicions;
  const MatrixView<const Label> labels = cohort.label_view();
  for (std::size_t column = 0; column < labels.columns(); ++column) {
    std::vector<std::int8_t> values;
    for (std::size_t row = 0; row < labels.rows(); ++row) {
      values.push_back(static_cast<std::int8_t>(labels(row, column)));
    }
    const std::optional<double> own = ranked_by(outputs, column, values);
    if (!own || *own >= kPoor) {
      continue;
    }
    std::size_t best = column;
    double highest = *own;
    for (std::size_t output = 0; output < outputs.columns(); ++output) {
      const double other = ranked_by(outputs, output, values).value_or(0.0);
      if (other > highest) {
        highest = other;
        best = output;
      }
    }
    if (highest >= *own + kFarBetter && highest >= kPoor) {
      suspicions.push_back({false,
                            fmt::format("images with '{}' are ranked better by the output '{}' (AUROC {:.2f}) than by "
                                        "their own ({:.2f})",
                                        cohort.classes[column], cohort.classes[best], highest, *own),
                            "check the order of the class names"});
    } else if (*own < kReversed) {
      suspicions.push_back(
          {false,
           fmt::format("'{}' is ranked the wrong way round: AUROC {:.2f}, far below 0.5", cohort.classes[column], *own),
           "check the order of the class names, and which label means present"});
    }
  }
  return suspicions;
}

}  // namespace niwaki
