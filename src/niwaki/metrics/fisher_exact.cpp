#include "niwaki/metrics/fisher_exact.hpp"

#include <algorithm>
#include <vector>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

constexpr double kTie = 1.0 + 1e-7;

// Tables with the same margins are told apart by first_with, here x.
struct Margins {
  std::size_t first = 0;
  std::size_t second = 0;
  std::size_t with = 0;

  [[nodiscard]] std::size_t lowest() const { return with > second ? with - second : 0; }
  [[nodiscard]] std::size_t highest() const { return std::min(first, with); }
  [[nodiscard]] std::size_t mode() const { return (with + 1) * (first + 1) / (first + second + 2); }

  // The probability of x + 1 over that of x.
  [[nodiscard]] double growth(std::size_t x) const {
    return static_cast<double>(first - x) * static_cast<double>(with - x) /
           (static_cast<double>(x + 1) * static_cast<double>(second + x + 1 - with));
  }
};

// The probability of each x over that of the likeliest, from lowest() on. From quotient to quotient: nothing
// cancels, as it would between logarithms of factorials.
std::vector<double> relative_probabilities(const Margins& margins) {
  const std::size_t lowest = margins.lowest();
  std::vector<double> relative(margins.highest() - lowest + 1);
  const std::size_t mode = margins.mode() - lowest;
  relative[mode] = 1.0;
  for (std::size_t i = mode; i + 1 < relative.size(); ++i) {
    relative[i + 1] = relative[i] * margins.growth(lowest + i);
  }
  for (std::size_t i = mode; i > 0; --i) {
    relative[i - 1] = relative[i] / margins.growth(lowest + i - 1);
  }
  return relative;
}

}  // namespace

double fisher_exact(const TwoByTwoTable& table) {
  const std::size_t first = table.first_with + table.first_without;
  const std::size_t second = table.second_with + table.second_without;
  const std::size_t with = table.first_with + table.second_with;
  NIWAKI_CHECK(std::max({table.first_with, table.first_without, table.second_with, table.second_without}) <=
                       std::size_t{1} << 31 &&
                   first + second <= std::size_t{1} << 31,
               "{} and {} images are more than the test takes", first, second);
  const Margins margins{first, second, with};
  const std::vector<double> relative = relative_probabilities(margins);
  const double observed = relative[table.first_with - margins.lowest()];
  double all = 0.0;
  double no_likelier = 0.0;
  for (const double probability : relative) {
    all += probability;
    no_likelier += probability <= observed * kTie ? probability : 0.0;
  }
  return no_likelier / all;
}

}  // namespace niwaki
