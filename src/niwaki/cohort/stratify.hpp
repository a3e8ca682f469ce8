#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "niwaki/core/random.hpp"

namespace niwaki {

/// A patient as stratification sees one.
struct StratifiedPatient {
  std::size_t images = 0;
  std::vector<std::size_t> classes;  // those with a positive image, each once
};

/// Gives each patient a part (0 to 2), so that every part has its share of each class's positive patients and of the
/// images.
///
/// Iterative stratification (Sechidis, Tsoumakas & Vlahavas, ECML PKDD 2011, algorithm 1) over patients: the class with
/// the fewest patients left is dealt out first, each patient to the part that wants the class most, then to the one
/// that wants images most, then by `random`. Two things are added, because a class absent from a part cannot be
/// measured there: the last patients of a class go to parts that have none of it, and a patient is moved afterwards
/// where that brings a class to a part without taking the last of another away. `shares` are the parts' shares; a part
/// of share 0 gets nobody.
std::vector<std::size_t> stratify(const std::vector<StratifiedPatient>& patients, std::size_t class_count,
                                  const std::array<double, 3>& shares, RandomStream& random);

}  // namespace niwaki
