#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/cohort/cohort.hpp"
#include "niwaki/cohort/finding_boxes.hpp"
#include "niwaki/core/preprocessing.hpp"
#include "niwaki/core/progress.hpp"
#include "niwaki/explain/heat_mapper.hpp"
#include "niwaki/explain/patient_estimate.hpp"
#include "niwaki/explain/pointing_game.hpp"
#include "niwaki/imaging/image.hpp"

namespace niwaki {

struct NamedNetwork {
  std::string name;
  Graph graph;
};

struct ExplainOptions {
  HeatMapOptions maps;
  ImageReadOptions reading;  // which window shows a DICOM file
  /// Of every image, these classes. Empty: of each image those that it is labelled with (or, with boxes, that are boxed
  /// in it), and where there are none, the one with the highest logit of the first network.
  std::vector<std::string> classes;
  double top_share = 0.1;  // of the cells, for the overlap; between 0 and 1
  double tolerance = 0.0;  // of the pointing game, in pixels of the pictures that boxes were measured in; 0 or more
  PatientEstimateOptions estimates;
  void check() const;  // throws InputError naming the option
};

/// The picture of a row of a cohort as planes of [0, 1], of whatever size. Several threads call it at once.
using PictureReader = std::function<Image(std::size_t)>;

/// Images, and of each the classes to explain.
struct ImagesToExplain {
  Cohort cohort;
  PictureReader read;  // by row of `cohort`
  /// One list an image, of places in the networks' classes; an empty list: the class with the highest logit of the
  /// first network.
  std::vector<std::vector<std::size_t>> classes;
};

/// One map of the first network and those of the others beside it.
struct ExplainedPair {
  std::size_t row = 0;                // of Explanation::cohort
  std::size_t name = 0;               // of Explanation::classes
  Label label = Label::kUnknown;      // what the label file says
  std::optional<BoxedFinding> boxes;  // where there are
  std::optional<double> by_chance;    // chance_of_hit() on the first network's grid
  std::optional<bool> centre_hits;    // whether the middle of the picture hits
};

/// What one network's map says of a pair.
struct MapFigures {
  float probability = 0.0F;      // that the network gives the class
  bool flat = false;             // no value is above 0
  bool tied = false;             // several cells hold the largest value
  std::optional<double> peak_x;  // the first of them, in pixels of the picture as it was read; nothing where flat
  std::optional<double> peak_y;
  std::optional<double> correlation;  // with the first network's map; nothing for the first itself
  std::optional<double> overlap;
  std::optional<bool> hit;  // where there are boxes
};

struct NetworkMaps {
  std::string name;
  std::string layer;  // "" for occlusion
  MapGrid grid;
  std::vector<HeatMap> maps;        // one a pair
  std::vector<MapFigures> figures;  // one a pair
};

/// How far a network's maps lie from the first network's.
struct MapsMoved {
  std::size_t compared = 0;  // pairs of which neither map is constant
  std::size_t constant = 0;  // the others
  std::size_t patients = 0;  // of the compared
  Estimate correlation;      // median
  Estimate overlap;          // mean
};

struct NetworkSummary {
  std::size_t flat = 0;
  std::optional<MapsMoved> moved;        // not for the first network
  std::optional<PointingRate> pointing;  // where there are boxes
  std::optional<PointingChange> change;  // where there are boxes, not for the first network
  std::optional<double> holm;            // of change->p, over the classes; nothing for the pooled
};

/// Of one class, or of all pairs together.
struct ExplainSummary {
  std::string name;  // "" for all together
  std::size_t maps = 0;
  std::size_t patients = 0;
  std::optional<double> by_chance;       // hit rate of a map that points anywhere
  std::optional<double> centre;          // hit rate of pointing at the middle of every picture
  std::vector<NetworkSummary> networks;  // in the order of Explanation::networks
};

struct Explanation {
  Cohort cohort;  // the images that were explained
  PictureReader read;
  std::vector<std::string> classes;
  ExplainOptions options;
  std::vector<ExplainedPair> pairs;  // by image, then class
  std::vector<NetworkMaps> networks;
  std::vector<std::unique_ptr<HeatMapper>> mappers;  // one a network, for drawing
  std::vector<ExplainSummary> summaries;             // all together first, then the classes that have maps
  bool boxed = false;
  std::size_t boxes_without_image = 0;
  std::size_t boxes_without_class = 0;
  std::vector<std::string> boxed_unknown;  // findings of boxes that the network does not know
};

/// Explains images with each network, and compares the maps with those of the first network; `options.classes` and
/// `options.reading` have no say. Throws InputError for networks that do not name their classes or name others than the
/// first's, and for pictures or layers that do not fit (heat_mapper.hpp).
Explanation explain(const std::vector<NamedNetwork>& networks, ImagesToExplain images,
                    const Preprocessing& preprocessing, const ExplainOptions& options, Progress& progress);

/// The same of the files below `pictures` that a label file lists, and the classes that `options` asks for. With
/// `boxes` (a file), only what is boxed is explained. Throws InputError as above, for a class that the networks do not
/// have, and for boxes of which none belongs to an image and a class.
Explanation explain(const std::vector<NamedNetwork>& networks, const Cohort& cohort,
                    const std::filesystem::path& pictures, const std::filesystem::path& boxes,
                    const Preprocessing& preprocessing, const ExplainOptions& options, Progress& progress);

}  // namespace niwaki
