#include "niwaki/audit/guard/guard.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "niwaki/audit/class_labels.hpp"
#include "niwaki/audit/guard/deferral.hpp"
#include "niwaki/audit/guard/guard_targets.hpp"
#include "niwaki/audit/guard/guarded_classes.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

constexpr const char* kCombination = "combination";
constexpr const char* kWithSecond = "combination-with-second";
constexpr const char* kFaultless = "faultless";
constexpr std::size_t kFewTargets = 20;  // calibration images to learn from, below which a note warns
constexpr double kSlack = 1e-9;          // of rate x images, which rounding can leave a little below a whole number

void check_share(double share, const char* name) {
  if (!(share > 0.0 && share < 1.0)) {
    throw InputError(fmt::format("{} is no share of the images", share), name, "choose a number above 0 and below 1");
  }
}

/// Whole patients, dealt out in a random order.
std::vector<std::uint32_t> folds_of(const Cohort& cohort, std::uint64_t seed) {
  const std::vector<std::uint32_t> patients = number_patients(cohort);
  const std::size_t count = cohort.patients();
  const std::vector<std::size_t> order = RandomStream(seed, "guard/folds").permutation(count);
  std::vector<std::uint32_t> folds;
  for (const std::uint32_t patient : patients) {
    folds.push_back(static_cast<std::uint32_t>(order[patient] % GuardSignals::kFolds));
  }
  return folds;
}

/// The rarest third of the classes, fewest positives first.
std::vector<std::size_t> rarest_classes(const Cohort& calibration, const std::vector<std::size_t>& train_positives) {
  const std::vector<std::size_t> positives = train_positives.empty() ? calibration.positives() : train_positives;
  NIWAKI_CHECK(positives.size() == calibration.classes.size(), "{} counts for {} classes", positives.size(),
               calibration.classes.size());
  std::vector<std::size_t> order = all_rows(positives.size());
  std::ranges::stable_sort(order, {}, [&](std::size_t column) { return positives[column]; });
  order.resize((order.size() + 2) / 3);
  return order;
}

/// Learns one seed's guard and tells of both parts.
class SeedGuard {
 public:
  SeedGuard(const GuardTables& calibration, const GuardTables& test, const GuardSignals::Learnt& learnt,
            std::span<const char> targets, double ridge)
      : signals_(calibration, learnt), calibration_(signals_.calibration()), test_(signals_.of(test)) {
    names_ = signals_.names();
    combine(kCombination, false, targets, ridge);
    if (!calibration.second.empty()) {
      combine(kWithSecond, true, targets, ridge);
    }
    names_.push_back({kFaultless, SignalNeeds::kDenseNetwork});
    add_column(faultless(calibration), calibration_);
    add_column(faultless(test), test_);
  }

  [[nodiscard]] const std::vector<SignalName>& names() const { return names_; }
  [[nodiscard]] const std::vector<Combination>& combinations() const { return combinations_; }
  [[nodiscard]] const SignalTable& calibration() const { return calibration_; }
  [[nodiscard]] const SignalTable& test() const { return test_; }
  [[nodiscard]] const GuardSignals& signals() const { return signals_; }

 private:
  void combine(const char* name, bool second, std::span<const char> targets, double ridge) {
    std::vector<std::size_t> columns;
    Combination combination{name, {}, {}};
    for (std::size_t column = 0; column < signals_.names().size(); ++column) {
      const SignalName& signal = signals_.names()[column];
      if (second || signal.needs != SignalNeeds::kSecondNetwork) {
        columns.push_back(column);
        combination.columns.push_back(signal.name);
      }
    }
    const auto chosen = [&](const SignalTable& table) {
      std::vector<double> values;
      for (std::size_t row = 0; row < table.images; ++row) {
        for (const std::size_t column : columns) {
          values.push_back(table.view()(row, column));
        }
      }
      return values;
    };
    const std::vector<double> learnt_from = chosen(signals_.calibration());
    const MatrixView<const double> view(learnt_from.data(), calibration_.images, columns.size());
    combination.model = fit_logistic_regression(view, targets, ridge);
    append(combination.model, learnt_from, columns.size(), calibration_);
    append(combination.model, chosen(test_), columns.size(), test_);
    names_.push_back({name, second ? SignalNeeds::kSecondNetwork : SignalNeeds::kNothing});
    combinations_.push_back(std::move(combination));
  }

  static void append(const LogisticRegression& model, const std::vector<double>& inputs, std::size_t columns,
                     SignalTable& table) {
    std::vector<double> values;
    for (std::size_t row = 0; row < table.images; ++row) {
      values.push_back(model.linear(std::span(inputs).subspan(row * columns, columns)));
    }
    add_column(values, table);
  }

  /// What a faultless guard would go by.
  static std::vector<double> faultless(const GuardTables& tables) {
    return rank_distance(RowRanks(tables.view(tables.dense)), RowRanks(tables.view(tables.pruned)));
  }

  GuardSignals signals_;
  std::vector<SignalName> names_;
  std::vector<Combination> combinations_;
  SignalTable calibration_, test_;
};

std::span<const char> targets_of(const GuardImages& images, GuardTarget target, std::size_t seed) {
  return target == GuardTarget::kExemplars         ? images.exemplar
         : target == GuardTarget::kExemplarsOfSeed ? images.exemplar_of_seed[seed]
                                                   : images.changed[seed];
}

/// Where the guard's signal has the second network run, what stays may be told from both.
void keep_scores(const GuardData& data, std::size_t seed, const SeedGuard& learnt, GuardResult& result) {
  const GuardTables& calibration = data.calibration.seeds[seed];
  const GuardTables& test = data.test.seeds[seed];
  if (!result.options.foretold_scores) {
    result.calibration.kept.push_back(calibration.pruned);
    result.test.kept.push_back(test.pruned);
    return;
  }
  const auto chosen = std::ranges::find(learnt.names(), result.options.signal, &SignalName::name);
  const bool both = chosen != learnt.names().end() && chosen->needs == SignalNeeds::kSecondNetwork;
  result.calibration.kept.push_back(learnt.signals().calibration_foretold(calibration, both));
  result.test.kept.push_back(learnt.signals().foretold(test, both));
}

void check_targets(std::span<const char> targets, GuardTarget target, std::uint64_t seed, std::vector<Note>& notes) {
  const auto count = static_cast<std::size_t>(std::ranges::count(targets, 1));
  if (count == 0 || count == targets.size()) {
    throw InputError(fmt::format("{} of the {} calibration images are {}", count == 0 ? "none" : "all", targets.size(),
                                 target == GuardTarget::kChangedCalls ? "images on which a call changes" : "exemplars"),
                     fmt::format("calibration images, seed {}", seed),
                     "give more calibration images, or another --target or --exemplar-fraction");
  }
  if (count < kFewTargets) {
    notes.push_back({fmt::format("guards.{}", seed),
                     fmt::format("the combination is learnt from {} calibration images that it should foretell: too "
                                 "few for it to be steady",
                                 count)});
  }
}

void check_calibration(const Cohort& cohort) {
  if (cohort.patients() < 2) {
    throw InputError(fmt::format("the calibration images ({}) are of one patient", cohort.size()), "calibration images",
                     "give images of many patients: hundreds, for thresholds that hold");
  }
}

void describe(const GuardData& data, const GuardOptions& options, GuardResult& result) {
  result.method = data.method;
  result.sparsity = data.sparsity;
  result.second_sparsity = data.second_sparsity;
  result.seeds = data.seeds;
  result.classes = data.test.cohort.classes;
  result.calibration_images = data.calibration.cohort.size();
  result.calibration_patients = data.calibration.cohort.patients();
  result.test_images = data.test.cohort.size();
  result.test_patients = data.test.cohort.patients();
  result.divided = data.divided;
  result.options = options;
}

const SignalResult& chosen_signal(const GuardResult& result) {
  std::vector<std::string> listed;
  for (const SignalResult& signal : result.signals) {
    if (signal.needs != SignalNeeds::kDenseNetwork) {
      listed.push_back(signal.name);
      if (signal.name == result.options.signal) {
        return signal;
      }
    }
  }
  throw InputError(
      fmt::format("there is no signal '{}'{}", result.options.signal, did_you_mean(result.options.signal, listed)),
      "--signal", fmt::format("choose one: {}", joined(listed, ", ")));
}

void note_missing_points(const std::vector<std::vector<double>>& points, const std::vector<std::string>& classes,
                         std::vector<Note>& notes) {
  for (std::size_t column = 0; column < classes.size(); ++column) {
    if (std::isnan(points.front()[column])) {
      notes.push_back({"operating_points." + classes[column],
                       "the calibration images do not show what the rule needs of this class (with it, without it, "
                       "or both), so it has no operating point, and no call of it can change"});
    }
  }
}

}  // namespace

GuardTarget parse_guard_target(const std::string& name) {
  for (const GuardTarget target :
       {GuardTarget::kExemplars, GuardTarget::kExemplarsOfSeed, GuardTarget::kChangedCalls}) {
    if (name == guard_target_name(target)) {
      return target;
    }
  }
  throw InputError(fmt::format("a guard cannot learn '{}'", name), "--target",
                   "choose exemplars, exemplars-of-seed or changed-calls");
}

const char* guard_target_name(GuardTarget target) {
  return target == GuardTarget::kExemplars         ? "exemplars"
         : target == GuardTarget::kExemplarsOfSeed ? "exemplars-of-seed"
                                                   : "changed-calls";
}

const char* restored_verdict_name(RestoredVerdict verdict) {
  switch (verdict) {
    case RestoredVerdict::kNone:
      return "";
    case RestoredVerdict::kInsufficientEvidence:
      return "insufficient evidence";
    case RestoredVerdict::kHigher:
      return "higher";
    case RestoredVerdict::kLower:
      return "lower";
    case RestoredVerdict::kNotShown:
      return "not shown";
  }
  return "";
}

void GuardTimes::check() const {
  for (const double time : {dense, pruned, second.value_or(1.0)}) {
    if (!(std::isfinite(time) && time > 0.0)) {
      throw InputError(fmt::format("{} ms an image is no time", time), "--times",
                       "give milliseconds an image, above 0: dense,pruned or dense,pruned,second");
    }
  }
}

void GuardOptions::check() const {
  constexpr std::size_t kFewestResamples = 100;
  constexpr std::size_t kMostResamples = 1'000'000;
  if (rates.empty() || !std::ranges::is_sorted(rates, std::less_equal<>())) {
    throw InputError("the deferral rates do not rise", "--rates", "give shares of the images, as 0.01,0.05,0.1");
  }
  for (const double rate : rates) {
    check_share(rate, "--rates");
  }
  check_share(exemplar_fraction, "--exemplar-fraction");
  if (!(std::isfinite(ridge) && ridge > 0.0)) {
    throw InputError(fmt::format("a ridge of {}", ridge), "--ridge", "choose a number above 0");
  }
  if (minimum_patients < 2) {
    throw InputError(fmt::format("{} patients tell nothing", minimum_patients), "--minimum-patients",
                     "choose 2 or more");
  }
  if (resamples != 0 && (resamples < kFewestResamples || resamples > kMostResamples)) {
    throw InputError(fmt::format("{} resamples", resamples), "--bootstrap",
                     fmt::format("choose {} to {}, or 0 for no intervals", kFewestResamples, kMostResamples));
  }
  if (times) {
    times->check();
  }
}

double deferral_threshold(std::span<const double> values, double rate) {
  NIWAKI_CHECK(!values.empty(), "no value");
  const auto most = static_cast<std::size_t>(std::floor(rate * static_cast<double>(values.size()) + kSlack));
  std::vector<double> falling(values.begin(), values.end());
  std::ranges::sort(falling, std::greater<>());
  // No threshold parts equal values: where the first that stays equals the last that goes, all of that value stay.
  std::size_t deferred = std::min(most, falling.size());
  while (deferred > 0 && deferred < falling.size() && falling[deferred - 1] == falling[deferred]) {
    --deferred;
  }
  return deferred == 0 ? std::numeric_limits<double>::infinity() : falling[deferred - 1];
}

GuardResult guard(const GuardData& data, const GuardOptions& options) {
  options.check();
  check_calibration(data.calibration.cohort);
  if (data.second_sparsity && options.times && !options.times->second) {
    throw InputError("the second network's time is missing", "--times", "give three: dense,pruned,second");
  }
  GuardResult result;
  describe(data, options, result);
  std::vector<std::vector<double>> points;
  for (const GuardTables& tables : data.calibration.seeds) {
    points.push_back(guard_operating_points(data.calibration.cohort, tables, options.operating_point));
  }
  note_missing_points(points, result.classes, result.notes);
  find_guard_targets(data.calibration, points, options.exemplar_fraction, result.calibration);
  find_guard_targets(data.test, points, options.exemplar_fraction, result.test);
  result.calibration_exemplars = static_cast<std::size_t>(std::ranges::count(result.calibration.exemplar, 1));
  result.test_exemplars = static_cast<std::size_t>(std::ranges::count(result.test.exemplar, 1));
  const std::vector<std::size_t> rarest = rarest_classes(data.calibration.cohort, options.train_positives);
  for (const std::size_t column : rarest) {
    result.rarest.push_back(result.classes[column]);
  }
  const std::vector<std::uint32_t> folds = folds_of(data.calibration.cohort, options.seed);
  std::vector<SignalName> names;
  for (std::size_t seed = 0; seed < data.seeds.size(); ++seed) {
    const std::span<const char> targets = targets_of(result.calibration, options.target, seed);
    check_targets(targets, options.target, data.seeds[seed], result.notes);
    const SeedGuard learnt(data.calibration.seeds[seed], data.test.seeds[seed],
                           {.thresholds = points[seed], .rarest = rarest, .folds = folds}, targets, options.ridge);
    names = learnt.names();
    result.guards.push_back({data.seeds[seed], points[seed], learnt.combinations(),
                             static_cast<std::size_t>(std::ranges::count(targets, 1))});
    result.calibration.signals.push_back(learnt.calibration());
    result.test.signals.push_back(learnt.test());
    keep_scores(data, seed, learnt, result);
  }
  measure_deferral(data, names, result);
  measure_guarded_classes(data, chosen_signal(result), result);
  return result;
}

}  // namespace niwaki
