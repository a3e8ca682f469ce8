#include "niwaki/explain/explain.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "niwaki/cohort/class_names.hpp"
#include "niwaki/cohort/image_source.hpp"
#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/explain/explain_summary.hpp"
#include "niwaki/imaging/image.hpp"
#include "niwaki/scores/table.hpp"

namespace niwaki {
namespace {

void check_networks(const std::vector<NamedNetwork>& networks) {
  NIWAKI_CHECK(!networks.empty(), "{} networks", networks.size());
  const std::vector<std::string>& classes = networks.front().graph.classes;
  for (const NamedNetwork& network : networks) {
    if (network.graph.classes.empty()) {
      throw InputError("the network does not name its classes", network.name,
                       "describe it in a .toml of its name beside it (docs/your-own-model.md), or add the metadata "
                       "niwaki.classes (docs/models.md)");
    }
    if (network.graph.classes != classes) {
      throw InputError(fmt::format("the network's classes ({}) are not those of {} ({})",
                                   joined(network.graph.classes, ", "), networks.front().name, joined(classes, ", ")),
                       network.name, "compare networks of the same classes in the same order");
    }
  }
}

/// The classes to explain in each image; empty where the highest logit is to decide.
using WantedClasses = std::map<std::size_t, std::vector<std::size_t>>;

WantedClasses labelled_classes(const Cohort& cohort, const std::vector<std::string>& classes) {
  std::vector<std::optional<std::size_t>> columns;
  for (const std::string& name : classes) {
    columns.push_back(find_class(name, cohort.classes));
  }
  WantedClasses wanted;
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    std::vector<std::size_t>& there = wanted[row];
    for (std::size_t name = 0; name < classes.size(); ++name) {
      if (columns[name] && cohort.label_view()(row, *columns[name]) == Label::kPositive) {
        there.push_back(name);
      }
    }
  }
  return wanted;
}

WantedClasses wanted_classes(const Cohort& cohort, const Explanation& explanation, const FindingBoxes& boxes,
                             const std::string& network) {
  const std::vector<std::size_t> chosen = match_classes(explanation.options.classes, explanation.classes, network);
  WantedClasses wanted;
  if (explanation.boxed) {
    for (const FindingBox& box : boxes.boxes) {
      std::vector<std::size_t>& there = wanted[box.row];
      if ((chosen.empty() || std::ranges::find(chosen, box.name) != chosen.end()) &&
          std::ranges::find(there, box.name) == there.end()) {
        there.push_back(box.name);
      }
    }
    std::erase_if(wanted, [](const auto& entry) { return entry.second.empty(); });
    return wanted;
  }
  if (chosen.empty()) {
    return labelled_classes(cohort, explanation.classes);
  }
  const std::set<std::size_t> once(chosen.begin(), chosen.end());
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    wanted[row].assign(once.begin(), once.end());
  }
  return wanted;
}

Label label_of(const Explanation& explanation, std::size_t row, std::size_t name) {
  const auto column = find_class(explanation.classes[name], explanation.cohort.classes);
  return column ? explanation.cohort.label_view()(row, *column) : Label::kUnknown;
}

/// A picture as it goes into the networks, and the size that it was read in.
struct ReadPicture {
  std::vector<float> pixels;
  std::size_t height = 0;
  std::size_t width = 0;
};

ReadPicture fitted(const Image& image, const Preprocessing& preprocessing) {
  ReadPicture picture{.height = image.height, .width = image.width};
  picture.pixels =
      resized(with_channels(image, preprocessing.channels), preprocessing.height, preprocessing.width).pixels;
  normalise(picture.pixels, preprocessing);
  return picture;
}

/// Boxes by row of the images that are explained, and class.
using BoxesByPair = std::map<std::pair<std::size_t, std::size_t>, BoxedFinding>;

/// Takes one picture after the other through all networks, and keeps maps and figures.
class Run {
 public:
  Run(Explanation& explanation, BoxesByPair boxes) : explanation_(explanation), boxes_(std::move(boxes)) {}

  void explain(std::size_t row, std::vector<std::size_t> classes, const ReadPicture& picture) {
    if (classes.empty()) {
      const std::vector<float> logits = explanation_.mappers[0]->explain(picture.pixels, {}).logits;
      classes.push_back(static_cast<std::size_t>(std::ranges::max_element(logits) - logits.begin()));
    }
    std::ranges::sort(classes);
    const std::size_t first_pair = explanation_.pairs.size();
    for (const std::size_t name : classes) {
      add_pair(row, name);
    }
    for (std::size_t number = 0; number < explanation_.networks.size(); ++number) {
      ExplainedPicture explained = explanation_.mappers[number]->explain(picture.pixels, classes);
      for (std::size_t i = 0; i < classes.size(); ++i) {
        check_finite(explained.maps[i], explained.logits[classes[i]], number);
        add_map(number, first_pair + i, picture, explained.logits[classes[i]], std::move(explained.maps[i]));
      }
    }
  }

 private:
  void add_pair(std::size_t row, std::size_t name) {
    ExplainedPair pair{.row = row, .name = name, .label = label_of(explanation_, row, name)};
    if (const auto found = boxes_.find({row, name}); found != boxes_.end()) {
      pair.boxes = found->second;
      pair.by_chance = chance_of_hit(explanation_.networks[0].grid, *pair.boxes, explanation_.options.tolerance);
      pair.centre_hits = hits(*pair.boxes, 0.5, 0.5, explanation_.options.tolerance);
    }
    explanation_.pairs.push_back(std::move(pair));
  }

  void check_finite(const HeatMap& map, float logit, std::size_t number) const {
    if (!std::isfinite(logit) || !std::ranges::all_of(map, [](float value) { return std::isfinite(value); })) {
      throw InputError("the network gives values that are not finite", explanation_.networks[number].name,
                       "check its weights, and how pictures become its input");
    }
  }

  void add_map(std::size_t number, std::size_t pair, const ReadPicture& picture, float logit, HeatMap map) {
    NetworkMaps& network = explanation_.networks[number];
    const std::vector<std::size_t> peaks = peak_cells(map);
    MapFigures figures{.probability = probability(logit), .flat = peaks.empty(), .tied = peaks.size() > 1};
    if (!peaks.empty()) {
      const std::size_t columns = network.grid.columns();
      figures.peak_x = network.grid.column_centres[peaks[0] % columns] * static_cast<double>(picture.width);
      figures.peak_y = network.grid.row_centres[peaks[0] / columns] * static_cast<double>(picture.height);
    }
    if (explanation_.pairs[pair].boxes) {
      figures.hit = map_hits(map, network.grid, *explanation_.pairs[pair].boxes, explanation_.options.tolerance);
    }
    if (number > 0) {
      compare(number, pair, map, figures);
    }
    network.maps.push_back(std::move(map));
    network.figures.push_back(figures);
  }

  /// Cell by cell where the grids are one, else pixel by pixel.
  void compare(std::size_t number, std::size_t pair, const HeatMap& map, MapFigures& figures) const {
    const NetworkMaps& first = explanation_.networks[0];
    const double share = explanation_.options.top_share;
    if (first.grid == explanation_.networks[number].grid) {
      figures.correlation = map_correlation(first.maps[pair], map);
      figures.overlap = top_overlap(first.maps[pair], map, share);
      return;
    }
    const std::vector<float> here = explanation_.mappers[number]->spread(map).pixels;
    const std::vector<float> there = explanation_.mappers[0]->spread(first.maps[pair]).pixels;
    figures.correlation = map_correlation(there, here);
    figures.overlap = top_overlap(there, here, share);
  }

  Explanation& explanation_;
  BoxesByPair boxes_;
};

/// `rows`: those of the cohort that are explained, rising.
BoxesByPair boxes_by_pair(const FindingBoxes& boxes, const std::vector<std::size_t>& rows) {
  BoxesByPair result;
  for (const FindingBox& box : boxes.boxes) {
    const auto place = std::ranges::lower_bound(rows, box.row);
    if (place == rows.end() || *place != box.row) {
      continue;
    }
    BoxedFinding& finding = result[{static_cast<std::size_t>(place - rows.begin()), box.name}];
    finding.boxes.push_back(box.box);
    finding.picture_width = box.picture_width;
    finding.picture_height = box.picture_height;
  }
  return result;
}

FindingBoxes read_boxes(const std::filesystem::path& path, const Cohort& cohort, Explanation& explanation) {
  if (path.empty()) {
    return {};
  }
  FindingBoxes boxes = read_finding_boxes(path, cohort, explanation.classes);
  explanation.boxed = true;
  explanation.boxes_without_image = boxes.without_image;
  explanation.boxes_without_class = boxes.without_class;
  explanation.boxed_unknown = boxes.unknown;
  return boxes;
}

Explanation begun(const std::vector<NamedNetwork>& networks, const ExplainOptions& options) {
  options.check();
  check_networks(networks);
  return {.classes = networks.front().graph.classes, .options = options};
}

void add_networks(Explanation& explanation, const std::vector<NamedNetwork>& networks,
                  const Preprocessing& preprocessing) {
  for (const NamedNetwork& network : networks) {
    explanation.mappers.push_back(
        make_heat_mapper(network.graph, preprocessing, explanation.options.maps, network.name));
    const HeatMapper& mapper = *explanation.mappers.back();
    explanation.networks.push_back({.name = network.name, .layer = mapper.layer(), .grid = mapper.grid()});
  }
}

void explain_all(Explanation& explanation, ImagesToExplain images, BoxesByPair boxes,
                 const Preprocessing& preprocessing, Progress& progress) {
  constexpr std::size_t kAtOnce = 32;  // pictures in memory
  NIWAKI_CHECK(images.classes.size() == images.cohort.size(), "classes of {} of {} images", images.classes.size(),
               images.cohort.size());
  explanation.cohort = std::move(images.cohort);
  explanation.read = std::move(images.read);
  Run run(explanation, std::move(boxes));
  const std::size_t all = explanation.cohort.size();
  progress.start("explain", static_cast<double>(all));
  for (std::size_t first = 0; first < all; first += kAtOnce) {
    std::vector<ReadPicture> pictures(std::min(kAtOnce, all - first));
    parallel_for(pictures.size(),
                 [&](std::size_t i) { pictures[i] = fitted(explanation.read(first + i), preprocessing); });
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      throw_if_cancelled();
      run.explain(first + i, std::move(images.classes[first + i]), pictures[i]);
      progress.advance(1.0);
    }
  }
  progress.finish();
  explanation.summaries = summarised(explanation);
}

}  // namespace

void ExplainOptions::check() const {
  reading.check();
  if (!(top_share > 0 && top_share < 1)) {
    throw InputError(fmt::format("{} is out of range", top_share), "--top-share", "choose a share between 0 and 1");
  }
  if (!(tolerance >= 0 && tolerance <= 1e6)) {
    throw InputError(fmt::format("{} is out of range", tolerance), "--tolerance", "choose pixels, 0 or more");
  }
  if (estimates.minimum_patients < 2) {
    throw InputError(fmt::format("{} is out of range", estimates.minimum_patients), "--minimum-patients",
                     "choose 2 or more");
  }
  constexpr std::size_t kMostResamples = 1'000'000;
  if (estimates.resamples > kMostResamples) {
    throw InputError(fmt::format("{} is out of range", estimates.resamples), "--bootstrap",
                     fmt::format("choose 0 to {}", kMostResamples));
  }
}

Explanation explain(const std::vector<NamedNetwork>& networks, ImagesToExplain images,
                    const Preprocessing& preprocessing, const ExplainOptions& options, Progress& progress) {
  Explanation explanation = begun(networks, options);
  add_networks(explanation, networks, preprocessing);
  explain_all(explanation, std::move(images), {}, preprocessing, progress);
  return explanation;
}

Explanation explain(const std::vector<NamedNetwork>& networks, const Cohort& cohort,
                    const std::filesystem::path& pictures, const std::filesystem::path& boxes,
                    const Preprocessing& preprocessing, const ExplainOptions& options, Progress& progress) {
  Explanation explanation = begun(networks, options);
  const FindingBoxes found = read_boxes(boxes, cohort, explanation);
  const WantedClasses wanted = wanted_classes(cohort, explanation, found, networks.front().name);
  if (wanted.empty()) {
    throw InputError("no box belongs to an image of the label file and a class that is asked for", boxes.string(),
                     "check that images and findings are called the same in both");
  }
  add_networks(explanation, networks, preprocessing);
  std::vector<std::size_t> rows;
  ImagesToExplain images;
  for (const auto& [row, classes] : wanted) {
    rows.push_back(row);
    images.classes.push_back(classes);
  }
  images.cohort = cohort.subset(rows);
  images.read = [files = open_image_files(images.cohort, pictures, preprocessing, options.reading)->files(),
                 reading = options.reading](std::size_t row) { return read_image(files[row], reading); };
  explain_all(explanation, std::move(images), boxes_by_pair(found, rows), preprocessing, progress);
  return explanation;
}

}  // namespace niwaki
