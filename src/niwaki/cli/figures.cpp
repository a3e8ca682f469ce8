#include "niwaki/cli/figures.hpp"

#include <cmath>
#include <string>

#include <fmt/format.h>

#include "niwaki/report/frequency_text.hpp"

namespace niwaki {
namespace {

std::string figure(const Figure& value) {
  return value ? fmt::format("{:.3f}", *value) : "-";
}

void print_macro(const MethodResult& method) {
  fmt::print("\n{:<10}{:>10}{:>10}{:>10}{:>10}\n", method.method, "sparsity", "AUROC", "AP", "F1");
  for (const MacroPoint& point : method.macro) {
    const double tenths = point.sparsity * 10;
    const bool shown = std::abs(tenths - std::round(tenths)) < 1e-9 || point.sparsity == method.sparsities.back();
    if (shown) {
      fmt::print("{:<10}{:>10.2f}{:>10}{:>10}{:>10}\n", "", point.sparsity, figure(point.auroc), figure(point.ap),
                 figure(point.f1));
    }
  }
}

std::string interval(const FigureInterval& ends) {
  return ends ? fmt::format("[{:.3f}, {:.3f}]", ends->low, ends->high) : "-";
}

std::string sparsity(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : "none";
}

void print_global(const AuditResult& result, const MethodResult& method) {
  const GlobalResult& global = method.global;
  if (result.seeds.size() > 1) {
    fmt::print(
        "{}: macro AP is significantly below the dense networks' from sparsity {} by a paired t, {} by Welch's t, {} "
        "by ranks ({} "
        "seeds, Holm over sparsities)\n",
        method.method, sparsity(global.first_below_paired), sparsity(global.first_below_welch),
        sparsity(global.first_below_mann_whitney), result.seeds.size());
  }
  fmt::print("{}: macro AP loses less than {:.0f}% up to sparsity {}", method.method, 100 * result.options.tolerance,
             sparsity(global.within_tolerance));
  if (result.options.resamples > 0) {
    fmt::print("; shown for other patients up to {}", sparsity(global.shown_within_tolerance));
  }
  fmt::print("\n");
}

std::string verdict_text(const ClassEvidence& evidence, const AuditOptions& options) {
  switch (evidence.verdict) {
    case ClassVerdict::kForgotten:
      return fmt::format("forgotten: loses over {:.0f}% from sparsity {}", 100 * options.drop,
                         sparsity(evidence.forgotten_from));
    case ClassVerdict::kLoses:
      return fmt::format("loses from sparsity {}", sparsity(evidence.loses_from));
    case ClassVerdict::kKept:
      return fmt::format("kept: loses less than {:.0f}% up to {}", 100 * options.drop, sparsity(evidence.kept_up_to));
    default:
      return verdict_name(evidence.verdict);
  }
}

void print_classes(const AuditResult& result, const MethodResult& method) {
  fmt::print("\n{:<28}{:>9}  {:<24}{:<24}{}\n", method.method, "patients", "AP dense", "AUROC dense", "verdict");
  for (std::size_t column = 0; column < method.classes.size(); ++column) {
    const ClassCurve& curve = method.classes[column];
    const ClassEvidence& evidence = curve.evidence;
    const auto dense = [](const Figure& value, const std::vector<FigureInterval>& intervals) {
      return fmt::format("{} {}", figure(value), interval(intervals.empty() ? std::nullopt : intervals.front()));
    };
    fmt::print("{:<28}{:>9}  {:<24}{:<24}{}\n", curve.name, result.classes[column].positive_patients,
               dense(curve.ap_dense, evidence.ap), dense(curve.auroc_dense, evidence.auroc),
               verdict_text(evidence, result.options));
  }
}

void print_companions(const AuditResult& result, const MethodResult& method) {
  constexpr double kAlpha = 0.05;
  constexpr std::size_t kMost = 5;
  std::size_t printed = 0;
  for (const CompanionEffect& effect : method.companions.pairs) {
    const CompanionEffect::Loss& recall = effect.recall;
    if (printed < kMost && recall.holm && *recall.holm<kAlpha&& * recall.excess> 0.0) {
      fmt::print(
          "{}: {} with {}: {:.3f} more of the dense network's calls are lost than without, {} (p = {:.2g} after "
          "Holm)\n",
          method.method, result.classes[effect.finding].name, result.classes[effect.companions.front()].name,
          *recall.excess, interval(recall.interval), *recall.holm);
      ++printed;
    }
  }
  fmt::print("{}: {} of {} pairs of findings had enough patients for a companion effect at sparsity {}\n",
             method.method, method.companions.pairs.size(),
             method.companions.pairs.size() + method.companions.pairs_left_out, method.companions.sparsity);
}

/// Where few findings are called at all, what hangs on calls says little.
void print_threshold_warning(const AuditResult& result) {
  constexpr double kSeldom = 0.05;
  if (result.validated) {
    return;
  }
  std::size_t measured = 0;
  std::size_t seldom = 0;
  for (const ClassCurve& curve : result.methods.front().classes) {
    const Figure sensitivity = curve.sensitivity.front();
    measured += sensitivity ? 1 : 0;
    seldom += sensitivity && *sensitivity < kSeldom ? 1 : 0;
  }
  if (seldom > 0) {
    fmt::print(
        "At threshold {} the dense network finds under {:.0f}% of the positives of {} of {} classes: F1, recall and "
        "flips "
        "say little there. Give --validation-labels and --validation-scores for operating points.\n",
        result.options.threshold, 100 * kSeldom, seldom, measured);
  }
}

}  // namespace

void print_figures(const AuditResult& result) {
  for (const MethodResult& method : result.methods) {
    print_macro(method);
  }
  fmt::print("(every tenth; all sparsities are in global.csv)\n");
  print_threshold_warning(result);
  fmt::print("\n");
  for (const MethodResult& method : result.methods) {
    print_global(result, method);
    fmt::print("{}", frequency_text(result, method));
  }
  if (result.options.resamples == 0) {
    fmt::print("No intervals and no verdicts: add --bootstrap\n");
    return;
  }
  for (const MethodResult& method : result.methods) {
    print_classes(result, method);
    print_companions(result, method);
  }
}

}  // namespace niwaki
