#include "niwaki/cli/outcome.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "niwaki/cli/figures.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;

Json json_figure(const Figure& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json outcome_json(const StudyOutcome& outcome) {
  Json document = {{"units_done", outcome.units_done},
                   {"units_kept", outcome.units_kept},
                   {"seconds", outcome.seconds},
                   {"warnings", outcome.warnings}};
  if (outcome.audit) {
    document["report"] = outcome.report.string();
    for (const MethodResult& method : outcome.audit->methods) {
      Json points = Json::array();
      for (const MacroPoint& point : method.macro) {
        points.push_back({{"sparsity", point.sparsity},
                          {"auroc", json_figure(point.auroc)},
                          {"ap", json_figure(point.ap)},
                          {"f1", json_figure(point.f1)}});
      }
      const Correlation& frequency = method.frequency_first_drop;
      document["methods"][method.method] = {{"macro", points},
                                            {"frequency_first_drop",
                                             {{"spearman", json_figure(frequency.spearman)},
                                              {"spearman_p", json_figure(frequency.spearman_p)},
                                              {"points", frequency.points}}}};
    }
  }
  return document;
}

}  // namespace

void print_outcome(const CommonOptions& options, const StudyOutcome& outcome) {
  if (options.json) {
    print_json(outcome_json(outcome).dump(2, ' ', false, Json::error_handler_t::replace));
    return;
  }
  fmt::print("{} units done, {} kept, in {}\n", outcome.units_done, outcome.units_kept,
             format_duration(std::chrono::duration<double>(outcome.seconds)));
  if (outcome.audit) {
    print_figures(*outcome.audit);
    fmt::print("report: {}\n", outcome.report.string());
  }
}

}  // namespace niwaki
