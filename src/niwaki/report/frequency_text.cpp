#include "niwaki/report/frequency_text.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace niwaki {
namespace {

constexpr std::size_t kPointsForP = 10;

std::string p_text(const Correlation& found) {
  if (found.points < kPointsForP || !found.spearman_p) {
    return "too few classes for a p-value";
  }
  return fmt::format("p = {:.3g}, which takes classes as independent, though they share images", *found.spearman_p);
}

std::string reason(const AuditResult& result, const std::string& where) {
  const auto found =
      std::find_if(result.notes.begin(), result.notes.end(), [&](const Note& note) { return note.where == where; });
  return found == result.notes.end() ? "" : ": " + found->reason;
}

std::string line(const AuditResult& result, const std::string& method, const std::string& what,
                 const Correlation& found, const std::string& key) {
  const std::string start = fmt::format("{}: log training frequency against {}: ", method, what);
  if (!found.spearman) {
    const std::string where = "methods." + method + ".frequency";
    const std::string all = reason(result, where);
    return start + "no correlation can be had" + (all.empty() ? reason(result, where + "." + key) : all) + "\n";
  }
  return start + fmt::format("rho = {:.2f} over {} classes ({})\n", *found.spearman, found.points, p_text(found));
}

}  // namespace

std::string frequency_text(const AuditResult& result, const MethodResult& method) {
  return line(result, method.method, "first drop, classes that never dropped left out", method.frequency_first_drop,
              "first_drop") +
         line(result, method.method, fmt::format("change of AUROC at sparsity {}", method.sparsities.back()),
              method.frequency_delta_auroc_at_max, "delta_auroc_at_max");
}

}  // namespace niwaki
