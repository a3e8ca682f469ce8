#include "niwaki/audit/certificate/certificate.hpp"

#include <algorithm>
#include <limits>

#include "niwaki/audit/certificate/ap_changes.hpp"
#include "niwaki/audit/class_labels.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/metrics/ranking.hpp"

namespace niwaki {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// One part as the counts want it. Keeps a reference.
class CountedPart {
 public:
  explicit CountedPart(const PartScores& part) : part_(part), patients_(number_patients(part.cohort)) {
    labels_.reserve(part.cohort.labels.size());
    for (const Label label : part.cohort.labels) {
      labels_.push_back(static_cast<std::int8_t>(label));
    }
  }

  [[nodiscard]] MatrixView<const std::int8_t> labels() const { return {labels_.data(), rows(), classes()}; }
  [[nodiscard]] MatrixView<const float> table(const std::vector<float>& scores) const {
    return {std::span(scores), rows(), classes()};
  }
  [[nodiscard]] MatrixView<const float> dense() const { return table(part_.dense); }
  [[nodiscard]] const std::vector<std::uint32_t>& patients() const { return patients_; }

 private:
  [[nodiscard]] std::size_t rows() const { return part_.cohort.size(); }
  [[nodiscard]] std::size_t classes() const { return part_.cohort.classes.size(); }

  const PartScores& part_;
  std::vector<std::uint32_t> patients_;
  std::vector<std::int8_t> labels_;
};

std::vector<double> lock_thresholds(const CountedPart& build, MatrixView<const float> scores,
                                    const CertificateRequirements& requirements, const OperatingPointRule& rule,
                                    const std::string& source) {
  std::vector<double> thresholds;
  for (std::size_t column = 0; column < requirements.classes.size(); ++column) {
    thresholds.push_back(kNone);
    if (requirements.classes[column].excluded) {
      continue;
    }
    const RankedScores ranked(scores.column(column), build.labels().column(column));
    if (ranked.positives() == 0 || ranked.negatives() == 0) {
      throw InputError(
          fmt::format("the operating point of '{}' cannot be chosen: no image of the build part is {}",
                      requirements.classes[column].name, ranked.positives() == 0 ? "positive" : "negative"),
          source, "let more patients build, or exclude the class in the policy (exclude = [...])");
    }
    thresholds.back() = choose_threshold(ranked, rule).value();
  }
  return thresholds;
}

/// The claims on one pruned network, on one part.
class Counter {
 public:
  Counter(const CountedPart& part, const CertificatePolicy& policy, const CertificateRequirements& requirements)
      : part_(part), policy_(policy), requirements_(requirements) {}

  [[nodiscard]] std::vector<ClaimFigures> figures(MatrixView<const float> pruned, const std::vector<double>& dense_at,
                                                  const std::vector<double>& pruned_at) const {
    const auto called = [&](std::size_t column) {
      return called_images(part_.labels(), part_.patients(), part_.dense(), pruned, column, dense_at[column],
                           pruned_at[column]);
    };
    std::vector<ClaimFigures> all;
    for (std::size_t column = 0; column < requirements_.classes.size(); ++column) {
      const CertificateRequirements::OfClass& wanted = requirements_.classes[column];
      if (!wanted.excluded) {
        const CalledImages images = called(column);
        all.push_back({ClaimKind::kMissed, {column}, wanted.missed, count_missed(images, policy_.patient_event)});
        all.push_back({ClaimKind::kFalseAlarms,
                       {column},
                       wanted.false_alarms,
                       count_false_alarms(images, policy_.patient_event)});
      }
    }
    for (const CertificateRequirements::OfPair& pair : requirements_.pairs) {
      const CalledImages both = both_called(called(pair.classes[0]), called(pair.classes[1]));
      all.push_back({ClaimKind::kPairMissed,
                     {pair.classes[0], pair.classes[1]},
                     pair.missed,
                     count_missed(both, policy_.patient_event)});
    }
    for (ClaimFigures& one : all) {
      judge(policy_.confidence, one);
    }
    return all;
  }

 private:
  const CountedPart& part_;
  const CertificatePolicy& policy_;
  const CertificateRequirements& requirements_;
};

template <typename Claims>
bool any_with(const Claims& claims, ClaimStatus status) {
  return std::ranges::any_of(claims, [&](const auto& claim) { return claim.status == status; });
}

/// Whether the walk may not begin. Decided by labels and the dense network alone.
bool is_blocked(const std::vector<ClaimFigures>& outset, const CertificatePolicy& policy) {
  if (policy.uncertifiable == Uncertifiable::kBlock && any_with(outset, ClaimStatus::kUncertifiable)) {
    return true;
  }
  // False alarms alone are no claim that a class was kept.
  const auto can_show_misses = [](const ClaimFigures& one) {
    return one.kind != ClaimKind::kFalseAlarms && one.status == ClaimStatus::kHolds;
  };
  if (policy.claim == CertificateClaim::kSingleClasses) {
    return std::ranges::all_of(single_claims(outset, policy.confidence),
                               [](const SingleClaim& claim) { return claim.status == ClaimStatus::kUncertifiable; });
  }
  return std::ranges::none_of(outset, can_show_misses);
}

PartCounts counts_of(const Cohort& cohort) {
  PartCounts counts{cohort.size(), cohort.patients(), {}};
  for (const ClassLabels& labels : labels_by_class(cohort)) {
    counts.positive_patients.push_back(labels.positive_patients);
  }
  return counts;
}

/// Goes from candidate to candidate until something does not hold.
class Walk {
 public:
  Walk(const CertificateData& data, const CountedPart& build, const CountedPart& certify, const std::string& source)
      : data_(data), build_(build), certify_(certify), source_(source) {}

  void go(CertificateResult& result) const {
    const Counter counter(certify_, result.policy, result.requirements);
    for (std::size_t candidate = 0; candidate < data_.candidates.size(); ++candidate) {
      CertificateStep& step = result.steps.emplace_back();
      step.candidate = candidate;
      step.thresholds = thresholds(candidate, result);
      step.figures = counter.figures(certify_.table(data_.part(CertificatePart::kCertify).candidates[candidate]),
                                     result.thresholds, step.thresholds);
      judge_step(result.policy, step);
      const bool some = step.holds || any_with(step.singles, ClaimStatus::kHolds);
      if (step.holds || (some && !result.chosen)) {
        result.chosen = candidate;
      }
      if (!step.holds) {
        break;
      }
    }
  }

 private:
  [[nodiscard]] std::vector<double> thresholds(std::size_t candidate, const CertificateResult& result) const {
    if (!result.policy.own_operating_point) {
      return result.thresholds;
    }
    return lock_thresholds(build_, build_.table(data_.part(CertificatePart::kBuild).candidates[candidate]),
                           result.requirements, result.policy.operating_point, source_);
  }

  static void judge_step(const CertificatePolicy& policy, CertificateStep& step) {
    if (policy.claim == CertificateClaim::kSingleClasses) {
      step.singles = single_claims(step.figures, policy.confidence);
      step.holds = !any_with(step.singles, ClaimStatus::kFails);
    } else {
      step.holds = !any_with(step.figures, ClaimStatus::kFails);
    }
  }

  const CertificateData& data_;
  const CountedPart& build_;
  const CountedPart& certify_;
  const std::string& source_;
};

}  // namespace

const char* part_name(CertificatePart part) {
  constexpr std::array<const char*, 3> kNames = {"build", "certify", "test"};
  return kNames.at(static_cast<std::size_t>(part));
}

CertificateResult certify(const CertificateData& data, const CertificatePolicy& policy, const std::string& source) {
  CertificateResult result;
  result.policy = policy;
  result.candidates = data.candidates;
  result.requirements = requirements_of(policy, data.parts[0].cohort.classes, source);
  for (std::size_t part = 0; part < data.parts.size(); ++part) {
    result.parts[part] = counts_of(data.parts[part].cohort);
  }
  const CountedPart build(data.part(CertificatePart::kBuild));
  const CountedPart certified(data.part(CertificatePart::kCertify));
  result.thresholds = lock_thresholds(build, build.dense(), result.requirements, policy.operating_point, source);
  result.outset =
      Counter(certified, policy, result.requirements).figures(certified.dense(), result.thresholds, result.thresholds);
  result.blocked = is_blocked(result.outset, policy);
  if (result.blocked) {
    return result;
  }
  Walk(data, build, certified, source).go(result);
  result.granted = result.chosen.has_value();
  measure_ap_changes(data.part(CertificatePart::kCertify), result);
  if (result.chosen) {
    const CountedPart test(data.part(CertificatePart::kTest));
    const CertificateStep& step = result.steps[*result.chosen];
    result.test = Counter(test, policy, result.requirements)
                      .figures(test.table(data.part(CertificatePart::kTest).candidates[step.candidate]),
                               result.thresholds, step.thresholds);
  }
  return result;
}

}  // namespace niwaki
