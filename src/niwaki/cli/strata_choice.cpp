#include "niwaki/cli/strata_choice.hpp"

#include <CLI/CLI.hpp>

#include "niwaki/cohort/strata.hpp"
#include "niwaki/core/log.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {

void StrataChoice::add_to(CLI::App& verb) {
  verb.add_option("--strata", file, "CSV id,<column>...: groups of images that are audited one by one");
  verb.add_option("--strata-by", by, "Columns of it, or site, view, sex, age_band of the label file, commas between");
}

std::vector<std::string> StrataChoice::names() const {
  return by.empty() ? std::vector<std::string>() : split(by, ',');
}

std::vector<ImageAttribute> StrataChoice::read(const Cohort& cohort) const {
  if (file.empty() && by.empty()) {
    return {};
  }
  StrataColumns strata = read_strata(cohort, file, names());
  for (const std::string& note : strata.notes) {
    log_note(note);
  }
  return std::move(strata.columns);
}

}  // namespace niwaki
