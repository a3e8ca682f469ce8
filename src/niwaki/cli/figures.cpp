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

}  // namespace

void print_figures(const AuditResult& result) {
  for (const MethodResult& method : result.methods) {
    print_macro(method);
  }
  fmt::print("\n");
  for (const MethodResult& method : result.methods) {
    fmt::print("{}", frequency_text(result, method));
  }
}

}  // namespace niwaki
