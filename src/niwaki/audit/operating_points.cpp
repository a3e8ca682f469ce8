#include "niwaki/audit/operating_points.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "niwaki/audit/aligned_scores.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/metrics/operating_point.hpp"
#include "niwaki/metrics/ranking.hpp"

namespace niwaki {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::vector<double> chosen_on(MatrixView<const float> scores, const std::vector<ClassLabels>& labels,
                              const OperatingPointRule& rule) {
  std::vector<double> thresholds;
  for (std::size_t column = 0; column < labels.size(); ++column) {
    const RankedScores ranked(scores.column(column), labels[column].values);
    thresholds.push_back(choose_threshold(ranked, rule).value_or(kNone));
  }
  return thresholds;
}

/// Several methods may share one dense network: its table is read once.
class ValidationReader {
 public:
  ValidationReader(const ValidationScores& validation, const OperatingPointRule& rule, bool logits)
      : validation_(validation),
        rule_(rule),
        labels_(labels_by_class(validation.cohort)),
        reader_(validation.cohort, logits) {}

  const std::vector<double>& thresholds(const std::string& path) {
    const auto [found, is_new] = read_.try_emplace(path);
    if (is_new) {
      const AlignedScoreReader::Scores scores = reader_.read(path);
      found->second = chosen_on({scores.values.data(), validation_.cohort.size(), labels_.size()}, labels_, rule_);
    }
    return found->second;
  }

 private:
  const ValidationScores& validation_;
  const OperatingPointRule& rule_;
  std::vector<ClassLabels> labels_;
  AlignedScoreReader reader_;
  std::map<std::string, std::vector<double>> read_;
};

bool has_one_dense_network(const ScoreGrid& grid) {
  std::set<std::string> methods;
  for (const GridEntry& entry : grid.entries) {
    if (entry.sparsity == 0.0) {
      methods.insert(entry.method);
    }
  }
  return methods.size() == 1;
}

/// The validation grid's dense table of a network: listed under the same method, or the one that it has for all.
const GridEntry& dense_entry(const ScoreGrid& grid, const std::string& method, std::uint64_t seed) {
  const bool for_all = has_one_dense_network(grid);
  const auto found = std::find_if(grid.entries.begin(), grid.entries.end(), [&](const GridEntry& entry) {
    return entry.sparsity == 0.0 && entry.seed == seed && (for_all || entry.method == method);
  });
  if (found == grid.entries.end()) {
    throw InputError(for_all ? fmt::format("there is no dense table of seed {}", seed)
                             : fmt::format("there is no dense table of method '{}', seed {}", method, seed),
                     "validation scores",
                     "list sparsity 0 of every seed that is audited, once for all methods or for each of them");
  }
  return *found;
}

/// Where the rule finds no threshold; the same for all seeds, since the labels decide it.
void note_missing(const std::vector<ClassLabels>& labels, const std::vector<double>& thresholds,
                  std::vector<Note>& notes) {
  for (std::size_t column = 0; column < labels.size(); ++column) {
    if (std::isnan(thresholds[column])) {
      notes.push_back({"operating_points." + labels[column].name,
                       "the validation images do not show what the rule needs of this class (with it, without it, or "
                       "both), so it has no operating point"});
    }
  }
}

}  // namespace

OperatingPoints::OperatingPoints(const ScoreGrid& grid, const std::vector<ClassLabels>& labels,
                                 const AuditOptions& options, bool logits, const ValidationScores* validation,
                                 std::vector<Note>& notes) {
  std::optional<ValidationReader> reader;
  if (validation != nullptr) {
    reader.emplace(*validation, options.operating_point, logits);
  }
  for (const GridEntry& audited : grid.entries) {
    const auto [found, is_new] =
        thresholds_.try_emplace({audited.method, audited.seed}, labels.size(), options.threshold);
    if (!is_new || !reader) {
      continue;
    }
    // Not the audited method's own name: its dense network may be one that it shares.
    const std::string& owner = grid.entry(audited.method, audited.seed, 0.0).method;
    const GridEntry& dense = dense_entry(validation->grid, owner, audited.seed);
    found->second = reader->thresholds(validation->grid.table_path(dense));
  }
  if (reader) {
    note_missing(labels, thresholds_.begin()->second, notes);
  }
}

const std::vector<double>& OperatingPoints::of(const std::string& method, std::uint64_t seed) const {
  const auto found = thresholds_.find({method, seed});
  NIWAKI_CHECK(found != thresholds_.end(), "no operating points of method '{}', seed {}", method, seed);
  return found->second;
}

}  // namespace niwaki
