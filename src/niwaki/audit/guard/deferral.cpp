#include "niwaki/audit/guard/deferral.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "niwaki/audit/class_labels.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/metrics/bootstrap_interval.hpp"
#include "niwaki/metrics/weighted_ranking.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kFewestPatients = 5;  // for an interval, as in the audit

/// Shares of some images, seed by seed, with intervals over the patients.
class ShareMeasurer {
 public:
  /// `targets`: [seed][image]. `resamples` may be null.
  ShareMeasurer(std::vector<std::vector<char>> targets, const std::vector<std::uint32_t>& patients,
                const PatientResamples* resamples)
      : targets_(std::move(targets)), patients_(patients), resamples_(resamples) {
    fewest_ = std::numeric_limits<double>::infinity();
    for (const std::vector<char>& of_seed : targets_) {
      fewest_ = std::min(fewest_, patients_with(of_seed));
      if (resamples_ != nullptr) {
        counts_.push_back(WeightedCount(chosen(of_seed, of_seed)).evaluate(*resamples_));
      }
    }
  }

  /// `caught`: [seed][image].
  [[nodiscard]] SeedFigure share(const std::vector<std::vector<char>>& caught) const {
    SeedFigure figure;
    double sum = 0.0;
    for (std::size_t seed = 0; seed < targets_.size(); ++seed) {
      const std::vector<std::uint32_t> both = chosen(targets_[seed], caught[seed]);
      const auto all = static_cast<double>(std::ranges::count(targets_[seed], 1));
      figure.by_seed.push_back(all > 0.0 ? Figure(static_cast<double>(both.size()) / all) : Figure{});
      sum += figure.by_seed.back().value_or(std::numeric_limits<double>::quiet_NaN());
    }
    const double mean = sum / static_cast<double>(targets_.size());
    if (!std::isnan(mean)) {
      figure.mean = mean;
      figure.interval = interval(mean, caught);
    }
    return figure;
  }

 private:
  [[nodiscard]] std::vector<std::uint32_t> chosen(const std::vector<char>& a, const std::vector<char>& b) const {
    std::vector<std::uint32_t> of;
    for (std::size_t row = 0; row < a.size(); ++row) {
      if (a[row] != 0 && b[row] != 0) {
        of.push_back(patients_[row]);
      }
    }
    return of;
  }

  [[nodiscard]] double patients_with(const std::vector<char>& images) const {
    std::vector<std::size_t> sizes(*std::ranges::max_element(patients_) + 1, 0);
    for (const std::uint32_t patient : chosen(images, images)) {
      ++sizes[patient];
    }
    const auto with = static_cast<std::size_t>(std::ranges::count_if(sizes, [](std::size_t size) { return size > 0; }));
    return with < kFewestPatients ? 0.0 : effective_patients(sizes);
  }

  /// Where all or none are caught, every resample says the same; the exact interval of Clopper & Pearson (Biometrika
  /// 26, 1934) has a closed form there, with the effective number of patients for the number of trials.
  [[nodiscard]] FigureInterval interval(double mean, const std::vector<std::vector<char>>& caught) const {
    if (resamples_ == nullptr || fewest_ == 0.0) {
      return std::nullopt;
    }
    constexpr double kOneSide = 0.025;
    if (mean == 0.0 || mean == 1.0) {
      const double bound = std::pow(kOneSide, 1.0 / fewest_);
      return mean == 0.0 ? Interval{0.0, 1.0 - bound} : Interval{bound, 1.0};
    }
    std::vector<double> replicates(resamples_->resamples(), 0.0);
    for (std::size_t seed = 0; seed < targets_.size(); ++seed) {
      const std::vector<double> hits = WeightedCount(chosen(targets_[seed], caught[seed])).evaluate(*resamples_);
      for (std::size_t i = 0; i < replicates.size(); ++i) {
        const double all = counts_[seed][i];
        replicates[i] +=
            all > 0.0 ? hits[i] / all / static_cast<double>(targets_.size()) : std::numeric_limits<double>::quiet_NaN();
      }
    }
    const FigureInterval found = percentile_interval(replicates, {.effective_patients = fewest_});
    return found ? Interval{std::max(0.0, found->low), std::min(1.0, found->high)} : found;
  }

  std::vector<std::vector<char>> targets_;
  const std::vector<std::uint32_t>& patients_;
  const PatientResamples* resamples_;
  std::vector<std::vector<double>> counts_;  // [seed][resample]: targets in it
  double fewest_ = 0.0;                      // effective patients with a target, the fewest of any seed; 0: too few
};

/// What the shares of one rate are of.
struct Measurers {
  ShareMeasurer images, exemplars, exemplars_of_seed, changed;
};

/// From the share deferred: rising with it, so that the interval's ends are those of the share.
SeedFigure times_of(const SeedFigure& deferred, double before, double dense) {
  const auto time = [&](double share) { return before + share * dense; };
  SeedFigure figure;
  for (const Figure& share : deferred.by_seed) {
    figure.by_seed.push_back(share ? Figure(time(*share)) : share);
  }
  figure.mean = deferred.mean ? Figure(time(*deferred.mean)) : Figure{};
  if (deferred.interval) {
    figure.interval = Interval{time(deferred.interval->low), time(deferred.interval->high)};
  }
  return figure;
}

SeedFigure speed_of(const SeedFigure& times, double dense) {
  SeedFigure figure;
  for (const Figure& time : times.by_seed) {
    figure.by_seed.push_back(time ? Figure(dense / *time) : time);
  }
  figure.mean = times.mean ? Figure(dense / *times.mean) : Figure{};
  if (times.interval) {
    figure.interval = Interval{dense / times.interval->high, dense / times.interval->low};
  }
  return figure;
}

DeferralPoint point_of(const GuardResult& result, std::size_t column, double rate) {
  DeferralPoint point;
  point.rate = rate;
  for (const SignalTable& table : result.calibration.signals) {
    const std::vector<double> values = table.view().column(column);
    const double threshold = deferral_threshold(values, rate);
    const auto count = std::ranges::count_if(values, [&](double value) { return value >= threshold; });
    point.thresholds.push_back(threshold);
    point.calibration.push_back(static_cast<double>(count) / static_cast<double>(values.size()));
  }
  return point;
}

void measure(const Measurers& measurers, const std::vector<std::vector<char>>& deferred, DeferralPoint& point) {
  point.deferred = measurers.images.share(deferred);
  point.exemplars = measurers.exemplars.share(deferred);
  point.exemplars_of_seed = measurers.exemplars_of_seed.share(deferred);
  point.changed_calls = measurers.changed.share(deferred);
}

}  // namespace

std::vector<std::vector<char>> deferred_images(const GuardImages& images, std::size_t column,
                                               const DeferralPoint& point) {
  std::vector<std::vector<char>> deferred;
  for (std::size_t seed = 0; seed < images.signals.size(); ++seed) {
    std::vector<char>& of_seed = deferred.emplace_back();
    for (const double value : images.signals[seed].view().column(column)) {
      of_seed.push_back(static_cast<char>(value >= point.thresholds[seed]));
    }
  }
  return deferred;
}

void measure_deferral(const GuardData& data, const std::vector<SignalName>& names, GuardResult& result) {
  const GuardOptions& options = result.options;
  const std::vector<std::uint32_t> patients = number_patients(data.test.cohort);
  std::optional<PatientResamples> resamples;
  if (options.resamples > 0) {
    resamples.emplace(data.test.cohort.patients(), options.resamples,
                      RandomStream(options.seed, "guard/resamples").bits());
  }
  const std::size_t seeds = data.seeds.size();
  const auto measurer = [&](std::vector<std::vector<char>> targets) {
    return ShareMeasurer(std::move(targets), patients, resamples ? &*resamples : nullptr);
  };
  const Measurers measurers = {measurer(std::vector<std::vector<char>>(seeds, std::vector<char>(patients.size(), 1))),
                               measurer(std::vector<std::vector<char>>(seeds, result.test.exemplar)),
                               measurer(result.test.exemplar_of_seed), measurer(result.test.changed)};
  for (const SignalName& name : names) {
    SignalResult& signal = result.signals.emplace_back(SignalResult{name.name, name.needs, {}});
    for (const double rate : options.rates) {
      signal.points.push_back(point_of(result, result.signals.size() - 1, rate));
    }
  }
  parallel_for(result.signals.size() * options.rates.size(), [&](std::size_t i) {
    SignalResult& signal = result.signals[i / options.rates.size()];
    DeferralPoint& point = signal.points[i % options.rates.size()];
    measure(measurers, deferred_images(result.test, i / options.rates.size(), point), point);
    if (options.times && signal.needs != SignalNeeds::kDenseNetwork) {
      const bool second = signal.needs == SignalNeeds::kSecondNetwork;
      point.milliseconds = times_of(
          point.deferred, options.times->pruned + (second ? options.times->second.value() : 0.0), options.times->dense);
      point.speed = speed_of(point.milliseconds, options.times->dense);
    }
  });
}

}  // namespace niwaki
