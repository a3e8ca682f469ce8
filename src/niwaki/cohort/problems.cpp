#include "niwaki/cohort/problems.hpp"

#include <algorithm>

#include "niwaki/core/error.hpp"

namespace niwaki {

void ProblemReport::add(const Problem& problem) {
  auto kind = std::ranges::find(kinds_, problem.kind, &Kind::name);
  if (kind == kinds_.end()) {
    kind = kinds_.insert(kinds_.end(), Kind{problem.kind, problem.what_to_do, 0, {}});
  }
  ++kind->count;
  if (kind->examples.size() < kExamples) {
    kind->examples.push_back({problem.what, problem.where});
  }
}

std::size_t ProblemReport::count() const {
  std::size_t all = 0;
  for (const Kind& kind : kinds_) {
    all += kind.count;
  }
  return all;
}

void tell(ProblemReport* report, const Problem& problem) {
  if (report == nullptr) {
    throw InputError(problem.what, problem.where, problem.what_to_do);
  }
  report->add(problem);
}

}  // namespace niwaki
