#include "niwaki/study/calibration.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <string>

#include "niwaki/core/random.hpp"

namespace niwaki {

std::vector<std::size_t> calibration_rows(const Cohort& training, std::size_t images, std::uint64_t seed) {
  std::map<std::string, std::vector<std::size_t>> by_patient;
  for (std::size_t row = 0; row < training.size(); ++row) {
    by_patient[training.records[row].patient].push_back(row);
  }
  std::vector<const std::vector<std::size_t>*> patients;
  for (const auto& [patient, rows] : by_patient) {
    patients.push_back(&rows);
  }
  RandomStream random(seed, "prune/calibration");
  random.shuffle(std::span(patients));
  std::vector<std::size_t> chosen;
  for (const std::vector<std::size_t>* rows : patients) {
    const std::size_t left = images - chosen.size();
    chosen.insert(chosen.end(), rows->begin(),
                  rows->begin() + static_cast<std::ptrdiff_t>(std::min(left, rows->size())));
  }
  std::ranges::sort(chosen);
  return chosen;
}

}  // namespace niwaki
