#include "niwaki/audit/decision/risks.hpp"

#include <algorithm>
#include <cmath>

namespace niwaki {
namespace {

constexpr double kSignificance = 0.05;
constexpr double kSameSparsity = 1e-9;

bool same(double a, double b) {
  return std::abs(a - b) < kSameSparsity;
}

/// Classes whose loss is shown, within the tolerance or beyond it.
std::vector<std::size_t> losing_columns(const std::vector<Requirement>& requirements) {
  std::vector<const Requirement*> losing;
  for (const Requirement& requirement : requirements) {
    if (requirement.column && !is_unknown(requirement.status) && requirement.band && requirement.band->high < 0.0) {
      losing.push_back(&requirement);
    }
  }
  std::ranges::stable_sort(losing, {}, [](const Requirement* of) { return of->band->low; });
  std::vector<std::size_t> columns;
  for (const Requirement* of : losing) {
    columns.push_back(*of->column);
  }
  return columns;
}

/// By recall or by AP.
bool shown(const CompanionEffect& effect) {
  const auto worse = [](const CompanionEffect::Loss& loss) {
    return loss.holm && *loss.holm < kSignificance && loss.excess && *loss.excess > 0.0;
  };
  return worse(effect.recall) || worse(effect.ap);
}

std::optional<double> median_bytes(const std::vector<NetworkFile>& files, const std::string& method, double sparsity) {
  std::vector<double> bytes;
  for (const NetworkFile& file : files) {
    // The dense network is listed under one method and stands for all.
    if (same(file.sparsity, sparsity) && (sparsity == 0.0 || file.method == method)) {
      bytes.push_back(static_cast<double>(file.bytes));
    }
  }
  if (bytes.empty()) {
    return std::nullopt;
  }
  std::ranges::sort(bytes);
  const std::size_t half = bytes.size() / 2;
  return bytes.size() % 2 == 1 ? bytes[half] : (bytes[half - 1] + bytes[half]) / 2.0;
}

const NetworkTime* time_of(const NetworkTimes& times, const std::string& method, double sparsity) {
  for (const NetworkTime& time : times.networks) {
    if (same(time.sparsity, sparsity) && (sparsity == 0.0 || time.method == method)) {
      return &time;
    }
  }
  return nullptr;
}

}  // namespace

DeploymentRisks risks_of(const MethodResult& method, const std::vector<Requirement>& requirements) {
  DeploymentRisks risks;
  risks.losing = losing_columns(requirements);
  risks.companion_sparsity = method.companions.sparsity;
  std::ranges::copy_if(method.companions.pairs, std::back_inserter(risks.companions), shown);
  for (const StrataColumn& column : method.strata.columns) {
    for (const Stratum& stratum : column.strata) {
      if (stratum.ap.verdict == StratumVerdict::kLosesMore || stratum.auroc.verdict == StratumVerdict::kLosesMore) {
        risks.strata.push_back({column.name, stratum.name});
      }
    }
  }
  risks.exemplar_sparsity = method.exemplars.sparsity;
  risks.exemplars = method.exemplars.exemplars.size();
  for (const Exemplar& exemplar : method.exemplars.exemplars) {
    const std::vector<std::vector<Flip>>& flips = method.exemplars.images.flips;
    risks.exemplars_losing +=
        exemplar.row < flips.size() && std::ranges::any_of(flips[exemplar.row], &Flip::lost) ? 1 : 0;
  }
  return risks;
}

DeploymentGains gains_of(const NetworkChoice& network, const OutsideEvidence& outside) {
  DeploymentGains gains;
  if (!network.sparsity || network.method.empty()) {
    return gains;
  }
  const auto dense_bytes = median_bytes(outside.files, network.method, 0.0);
  const auto pruned_bytes = median_bytes(outside.files, network.method, *network.sparsity);
  if (dense_bytes && pruned_bytes) {
    gains.file_bytes = {*dense_bytes, *pruned_bytes};
  }
  if (outside.times) {
    const NetworkTime* const dense = time_of(*outside.times, network.method, 0.0);
    const NetworkTime* const pruned = time_of(*outside.times, network.method, *network.sparsity);
    if (dense != nullptr && pruned != nullptr) {
      gains.milliseconds = {dense->median, pruned->median};
      gains.images_per_second = {dense->images_per_second, pruned->images_per_second};
      gains.peak_bytes = {static_cast<double>(dense->peak_bytes), static_cast<double>(pruned->peak_bytes)};
    }
  }
  return gains;
}

}  // namespace niwaki
