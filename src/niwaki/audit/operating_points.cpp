#include "niwaki/audit/operating_points.hpp"

#include <limits>

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

  [[nodiscard]] const std::vector<ClassLabels>& labels() const { return labels_; }

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

/// The validation grid's dense table for a method of the audited grid: its own, or the one that all methods share.
const GridEntry* dense_entry(const ScoreGrid& grid, const std::string& method, std::uint64_t seed) {
  const GridEntry* any = nullptr;
  for (const GridEntry& entry : grid.entries) {
    if (entry.sparsity == 0.0 && entry.seed == seed) {
      if (entry.method == method) {
        return &entry;
      }
      any = any == nullptr ? &entry : any;
    }
  }
  return any;
}

}  // namespace

OperatingPoints::OperatingPoints(const ScoreGrid& grid, const std::vector<ClassLabels>& labels,
                                 const AuditOptions& options, bool logits, const ValidationScores* validation,
                                 std::vector<Note>& notes) {
  std::optional<ValidationReader> reader;
  if (validation != nullptr) {
    reader.emplace(*validation, options.operating_point, logits);
    for (const ClassLabels& column : reader->labels()) {
      if (!column.measurable()) {
        notes.push_back({"operating_points." + column.name,
                         "the validation images do not show both sides of this class, so it has no operating point"});
      }
    }
  }
  for (const GridEntry& audited : grid.entries) {
    const auto [found, is_new] =
        thresholds_.try_emplace({audited.method, audited.seed}, labels.size(), options.threshold);
    if (!is_new || !reader) {
      continue;
    }
    const GridEntry* entry = dense_entry(validation->grid, audited.method, audited.seed);
    if (entry == nullptr) {
      throw InputError(fmt::format("the validation scores have no dense table of seed {}", audited.seed),
                       validation->grid.folder.string(), "list sparsity 0 of every seed that is audited");
    }
    found->second = reader->thresholds(validation->grid.table_path(*entry));
  }
}

const std::vector<double>& OperatingPoints::of(const std::string& method, std::uint64_t seed) const {
  const auto found = thresholds_.find({method, seed});
  NIWAKI_CHECK(found != thresholds_.end(), "no operating points of method '{}', seed {}", method, seed);
  return found->second;
}

}  // namespace niwaki
