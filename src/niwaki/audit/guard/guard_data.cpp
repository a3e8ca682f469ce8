#include "niwaki/audit/guard/guard_data.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_set>

#include "niwaki/audit/aligned_scores.hpp"
#include "niwaki/cohort/split.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/scores/table.hpp"

namespace niwaki {
namespace {

constexpr double kSameSparsity = 1e-9;

std::vector<float> rows_at(const std::vector<float>& values, std::size_t columns, std::span<const std::size_t> rows) {
  std::vector<float> chosen;
  if (values.empty()) {
    return chosen;
  }
  chosen.reserve(rows.size() * columns);
  for (const std::size_t row : rows) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(row * columns);
    chosen.insert(chosen.end(), begin, begin + static_cast<std::ptrdiff_t>(columns));
  }
  return chosen;
}

/// `name`, or the only method of the grid. `where`: the option.
std::string method_of(const ScoreGrid& grid, const std::string& name) {
  const bool only = name.empty() && grid.methods.size() == 1;
  if (only || std::ranges::find(grid.methods, name) != grid.methods.end()) {
    return only ? grid.methods.front() : name;
  }
  throw InputError(name.empty()
                       ? "the scores list several methods"
                       : fmt::format("the scores list no method '{}'{}", name, did_you_mean(name, grid.methods)),
                   "--method", fmt::format("choose one: {}", joined(grid.methods, ", ")));
}

void check_sparsity(const ScoreGrid& grid, const std::string& method, double sparsity, const std::string& option) {
  std::vector<std::string> listed;
  for (const double there : grid.sparsities(method)) {
    if (there > 0.0 && std::abs(there - sparsity) < kSameSparsity) {
      return;
    }
    if (there > 0.0) {
      listed.push_back(shortest(there));
    }
  }
  if (listed.empty()) {
    throw InputError(fmt::format("{} has no pruned network's scores, only the dense one's", option),
                     fmt::format("method '{}'", method),
                     "list the pruned networks' tables too (in a study: --set guard.calibrate=true)");
  }
  throw InputError(fmt::format("there are no scores of method '{}' at sparsity {}", method, shortest(sparsity)), option,
                   fmt::format("choose one that is listed: {}", joined(listed, ", ")));
}

/// A trained guard must not have seen the patients that it is tried on.
void check_other_patients(const Cohort& calibration, const Cohort& test) {
  std::unordered_set<std::string_view> tried;
  for (const Record& record : test.records) {
    tried.insert(record.patient);
  }
  std::size_t shared = 0;
  std::unordered_set<std::string_view> counted;
  for (const Record& record : calibration.records) {
    shared += tried.contains(record.patient) && counted.insert(record.patient).second ? 1 : 0;
  }
  if (shared > 0) {
    throw InputError(fmt::format("{} patient{} among both the calibration images and those that the guard is tried on",
                                 shared, shared == 1 ? " is" : "s are"),
                     "--calibration-labels",
                     "calibrate on other patients; where two sites number theirs alike, make the numbers distinct");
  }
}

class PartReader {
 public:
  PartReader(const GuardSource& source, const Cohort& cohort, const ScoreGrid& grid, std::string method)
      : source_(source), grid_(grid), method_(std::move(method)), reader_(cohort, source.logits), cohort_(cohort) {}

  [[nodiscard]] GuardTables read(std::uint64_t seed) const {
    GuardTables tables;
    tables.images = cohort_.size();
    tables.classes = cohort_.classes.size();
    tables.dense = values(seed, 0.0);
    tables.pruned = values(seed, source_.sparsity);
    if (source_.second_sparsity) {
      tables.second = values(seed, *source_.second_sparsity);
    }
    return tables;
  }

 private:
  [[nodiscard]] std::vector<float> values(std::uint64_t seed, double sparsity) const {
    return reader_.read(grid_.table_path(grid_.entry(method_, seed, sparsity))).values;
  }

  const GuardSource& source_;
  const ScoreGrid& grid_;
  std::string method_;
  AlignedScoreReader reader_;
  const Cohort& cohort_;
};

void read_features(const std::vector<std::string>& paths, const std::string& option, GuardPart& part) {
  if (paths.empty()) {
    return;
  }
  if (paths.size() != part.seeds.size()) {
    throw InputError(fmt::format("{} tables of features for {} seeds", paths.size(), part.seeds.size()), option,
                     "give one for each seed of the scores, in rising order");
  }
  for (std::size_t seed = 0; seed < paths.size(); ++seed) {
    FloatArray array = read_npy(paths[seed]);
    if (array.shape.size() != 2 || array.shape[0] != part.cohort.size() || array.shape[1] == 0) {
      throw InputError(
          fmt::format("features of shape [{}] for {} images", fmt::join(array.shape, ", "), part.cohort.size()),
          paths[seed], "give [images, features], a row for each row of the label file");
    }
    if (!std::ranges::all_of(array.values, [](float value) { return std::isfinite(value); })) {
      throw InputError("a feature is not finite", paths[seed], "predict the features again");
    }
    part.seeds[seed].feature_count = array.shape[1];
    part.seeds[seed].features = std::move(array.values);
  }
}

GuardPart read_part(const GuardSource& source, const Cohort& cohort, const ScoreGrid& grid, const std::string& method,
                    const std::vector<std::uint64_t>& seeds, const std::string& option) {
  check_sparsity(grid, method, source.sparsity, option);
  if (source.second_sparsity) {
    check_sparsity(grid, method, *source.second_sparsity, option);
  }
  if (grid.seeds != seeds) {
    throw InputError(fmt::format("the seeds are {}, those of the images to be tried on {}", fmt::join(grid.seeds, ", "),
                                 fmt::join(seeds, ", ")),
                     option, "list the same networks' scores of both sets of images");
  }
  GuardPart part{cohort, {}};
  const PartReader reader(source, part.cohort, grid, method);
  for (const std::uint64_t seed : seeds) {
    part.seeds.push_back(reader.read(seed));
  }
  return part;
}

GuardPart part_of(const GuardPart& whole, const std::vector<std::size_t>& rows) {
  GuardPart part{whole.cohort.subset(rows), {}};
  for (const GuardTables& tables : whole.seeds) {
    part.seeds.push_back(tables.subset(rows));
  }
  return part;
}

void divide(const GuardSource& source, const GuardPart& whole, GuardData& data) {
  if (!(source.calibration_share > 0.0 && source.calibration_share < 1.0)) {
    throw InputError(fmt::format("{} is no share of the patients", source.calibration_share), "--calibration-share",
                     "choose a number above 0 and below 1");
  }
  const std::uint64_t seed = RandomStream(source.seed, "guard/calibration").bits();
  const double share = source.calibration_share;
  const std::vector<Split> splits =
      split_by_patient(whole.cohort, {.train = share, .validation = 0.0, .test = 1.0 - share}, seed);
  data.calibration = part_of(whole, rows_of(splits, Split::kTrain));
  data.test = part_of(whole, rows_of(splits, Split::kTest));
  data.divided = true;
}

}  // namespace

GuardTables GuardTables::subset(std::span<const std::size_t> rows) const {
  return {.images = rows.size(),
          .classes = classes,
          .dense = rows_at(dense, classes, rows),
          .pruned = rows_at(pruned, classes, rows),
          .second = rows_at(second, classes, rows),
          .features = rows_at(features, feature_count, rows),
          .feature_count = feature_count};
}

GuardData read_guard_data(const GuardSource& source) {
  GuardData data;
  data.method = method_of(source.grid, source.method);
  data.sparsity = source.sparsity;
  data.second_sparsity = source.second_sparsity;
  data.seeds = source.grid.seeds;
  if (source.second_sparsity && std::abs(*source.second_sparsity - source.sparsity) < kSameSparsity) {
    throw InputError("both sparsities are the same", "--second-sparsity", "choose another one, to be compared with");
  }
  if (source.calibration ? source.features.empty() != source.calibration_features.empty()
                         : !source.calibration_features.empty()) {
    throw InputError("features are given of one set of images alone", "--features, --calibration-features",
                     "give those of the calibration images and of the others, or none");
  }
  GuardPart part = read_part(source, source.cohort, source.grid, data.method, data.seeds, "--scores");
  read_features(source.features, "--features", part);
  if (!source.calibration) {
    divide(source, part, data);
    return data;
  }
  data.test = std::move(part);
  check_other_patients(source.calibration->cohort, source.cohort);
  data.calibration = read_part(source, source.calibration->cohort, source.calibration->grid, data.method, data.seeds,
                               "--calibration-scores");
  read_features(source.calibration_features, "--calibration-features", data.calibration);
  for (std::size_t seed = 0; seed < data.seeds.size(); ++seed) {
    if (data.calibration.seeds[seed].feature_count != data.test.seeds[seed].feature_count) {
      throw InputError(
          fmt::format("seed {} has {} features of the calibration images and {} of the others", data.seeds[seed],
                      data.calibration.seeds[seed].feature_count, data.test.seeds[seed].feature_count),
          "--features, --calibration-features", "give both of the same network");
    }
  }
  return data;
}

}  // namespace niwaki
