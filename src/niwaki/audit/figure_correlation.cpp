#include "niwaki/audit/figure_correlation.hpp"

#include "niwaki/core/error.hpp"
#include "niwaki/metrics/correlation.hpp"

namespace niwaki {

Correlation correlate(const std::vector<Figure>& x, const std::vector<Figure>& y, const std::string& points,
                      const std::string& where, std::vector<Note>& notes) {
  constexpr std::size_t kFewest = 3;  // Student's t needs a degree of freedom
  NIWAKI_CHECK(x.size() == y.size(), "{} values against {}", x.size(), y.size());
  std::vector<double> known_x;
  std::vector<double> known_y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] && y[i]) {
      known_x.push_back(*x[i]);
      known_y.push_back(*y[i]);
    }
  }
  Correlation result;
  result.points = known_x.size();
  if (known_x.size() < kFewest) {
    notes.push_back({where, fmt::format("a correlation needs {} {} that have both figures; {} do", kFewest, points,
                                        known_x.size())});
    return result;
  }
  const auto linear = pearson_test(known_x, known_y);
  const auto ranked = spearman_test(known_x, known_y);
  if (linear) {
    result.pearson = linear->coefficient;
    result.pearson_p = linear->p;
  }
  if (ranked) {
    result.spearman = ranked->coefficient;
    result.spearman_p = ranked->p;
  }
  if (!linear || !ranked) {
    notes.push_back({where, fmt::format("one side is the same for all {} {}, so no correlation can be had",
                                        known_x.size(), points)});
  }
  return result;
}

}  // namespace niwaki
