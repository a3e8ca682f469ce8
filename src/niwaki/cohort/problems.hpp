#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace niwaki {

/// One thing that is wrong with a data set.
struct Problem {
  std::string kind;        // what such problems have in common: "cells that are no label"
  std::string what;        // this one: "'yes' is no label"
  std::string where;       // file, line, column, or image
  std::string what_to_do;  // the same for all of a kind
};

/// Collects problems instead of stopping at the first: how many there are of each kind, and the first of them.
class ProblemReport {
 public:
  static constexpr std::size_t kExamples = 3;

  struct Example {
    std::string what;
    std::string where;
  };
  struct Kind {
    std::string name;
    std::string what_to_do;
    std::size_t count = 0;
    std::vector<Example> examples;  // the first kExamples
  };

  void add(const Problem& problem);
  [[nodiscard]] const std::vector<Kind>& kinds() const { return kinds_; }  // in the order of their first
  [[nodiscard]] std::size_t count() const;

 private:
  std::vector<Kind> kinds_;
};

/// Readers tell of a problem by this: it goes into `report`, and the reader goes on without what is wrong. Without one
/// (null) it is thrown as an InputError.
void tell(ProblemReport* report, const Problem& problem);

}  // namespace niwaki
