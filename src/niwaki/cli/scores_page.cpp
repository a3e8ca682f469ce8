#include "niwaki/cli/scores_page.hpp"

#include <fmt/format.h>

#include "niwaki/cohort/label_text.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/hash.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/version.hpp"
#include "niwaki/report/report.hpp"

namespace niwaki {
namespace {

std::string file_fact(const std::filesystem::path& path) {
  return fmt::format("{}, SHA-256 {}", path.filename().string(), sha256_file(path));
}

void add_image(ReportInput& input, const Cohort& cohort, std::size_t row) {
  const Record& record = cohort.records[row];
  if (!record.site.empty()) {
    input.sites[record.id] = record.site;
  }
  input.findings[record.id] = positive_classes(cohort, row);
}

}  // namespace

void write_scores_page(const AuditResult& result, const Cohort& cohort, const std::filesystem::path& labels,
                       const std::filesystem::path& scores, const std::string& title,
                       const std::filesystem::path& folder) {
  ReportInput input;
  input.title = title.empty() ? scores.filename().string() : title;
  input.facts = {{"Labels", file_fact(labels)},
                 {"Scores", file_fact(scores)},
                 {"Program", fmt::format("niwaki {}, {} threads", version(), thread_count())}};
  for (const MethodResult& method : result.methods) {
    for (const Exemplar& exemplar : method.exemplars.exemplars) {
      add_image(input, cohort, exemplar.row);
    }
  }
  write_file(folder / "report.html", report_html(result, input));
}

}  // namespace niwaki
