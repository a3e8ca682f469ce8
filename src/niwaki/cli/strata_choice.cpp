#include "niwaki/cli/strata_choice.hpp"

#include <CLI/CLI.hpp>

#include "niwaki/cohort/strata.hpp"
#include "niwaki/core/log.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {

void StrataChoice::add_to(CLI::App& verb) {
  verb.add_option("--strata", file, "CSV id,<column>...: groups of images that are audited one by one");
  verb.add_option("--strata-by", by, "Columns of it, or site, view, sex, age_band of the label file, commas between");
  verb.add_option("--image-measures", measures, "CSV id,<measure>...: does loss follow them? (niwaki cohort quality)");
}

std::vector<std::string> StrataChoice::names() const {
  return by.empty() ? std::vector<std::string>() : split(by, ',');
}

ImageGroups StrataChoice::read(const Cohort& cohort) const {
  ImageGroups groups;
  if (!file.empty() || !by.empty()) {
    StrataColumns strata = read_strata(cohort, file, names());
    for (const std::string& note : strata.notes) {
      log_note(note);
    }
    groups.strata = std::move(strata.columns);
  }
  if (!measures.empty()) {
    groups.measures = read_image_measures(cohort, measures);
  }
  return groups;
}

}  // namespace niwaki
