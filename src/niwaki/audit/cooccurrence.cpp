#include "niwaki/audit/cooccurrence.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <iterator>

#include "niwaki/audit/figure_correlation.hpp"

namespace niwaki {
namespace {

struct Overlap {
  std::size_t together = 0;  // images that show both
  std::size_t either = 0;    // images that show one or both, among those where both labels are known
};

/// A bit an image.
struct LabelBits {
  std::vector<std::uint64_t> positive;
  std::vector<std::uint64_t> known;
};

LabelBits bits_of(const ClassLabels& labels) {
  constexpr std::size_t kBits = 64;
  const std::size_t words = (labels.values.size() + kBits - 1) / kBits;
  LabelBits bits{std::vector<std::uint64_t>(words), std::vector<std::uint64_t>(words)};
  for (std::size_t image = 0; image < labels.values.size(); ++image) {
    bits.positive[image / kBits] |= std::uint64_t{labels.values[image] > 0} << (image % kBits);
    bits.known[image / kBits] |= std::uint64_t{labels.values[image] >= 0} << (image % kBits);
  }
  return bits;
}

Overlap overlap_of(const LabelBits& a, const LabelBits& b) {
  Overlap overlap;
  for (std::size_t word = 0; word < a.known.size(); ++word) {
    const std::uint64_t known = a.known[word] & b.known[word];
    overlap.together += static_cast<std::size_t>(std::popcount(a.positive[word] & b.positive[word]));
    overlap.either += static_cast<std::size_t>(std::popcount(known & (a.positive[word] | b.positive[word])));
  }
  return overlap;
}

Figure ratio(std::size_t numerator, std::size_t denominator) {
  return denominator == 0 ? Figure{} : static_cast<double>(numerator) / static_cast<double>(denominator);
}

// Of the ratio and not of each count: equal ratios then give one double, and ranks see the tie.
Figure log_gap(std::size_t a, std::size_t b) {
  const auto [low, high] = std::minmax(a, b);
  return low == 0 ? Figure{} : std::log(static_cast<double>(high) / static_cast<double>(low));
}

// Forgettability curve dissimilarity: the Euclidean distance between two delta_ap curves.
Figure curve_distance(const ClassCurve& a, const ClassCurve& b) {
  double squares = 0.0;
  for (std::size_t step = 0; step < a.delta_ap.size(); ++step) {
    if (!a.delta_ap[step] || !b.delta_ap[step]) {
      return std::nullopt;
    }
    const double gap = *a.delta_ap[step] - *b.delta_ap[step];
    squares += gap * gap;
  }
  return a.delta_ap.empty() ? Figure{} : std::sqrt(squares);
}

std::vector<Figure> column(const std::vector<ClassPair>& pairs, Figure ClassPair::*figure) {
  std::vector<Figure> values;
  for (const ClassPair& pair : pairs) {
    values.push_back(pair.*figure);
  }
  return values;
}

std::vector<Figure> fourth_roots(std::vector<Figure> values) {
  for (Figure& value : values) {
    if (value) {
      value = std::pow(*value, 0.25);
    }
  }
  return values;
}

std::vector<ClassPair> all_pairs(const std::vector<ClassLabels>& labels, const std::vector<ClassCurve>& curves) {
  const std::size_t classes = labels.size();
  std::vector<LabelBits> bits;
  std::transform(labels.begin(), labels.end(), std::back_inserter(bits), bits_of);
  std::vector<Overlap> overlaps(classes * classes);
  // A class's row of the co-occurrence matrix, summed: what the published study took for its count.
  std::vector<std::size_t> published(classes);
  for (std::size_t a = 0; a < classes; ++a) {
    published[a] += labels[a].positives;
    for (std::size_t b = a + 1; b < classes; ++b) {
      overlaps[a * classes + b] = overlap_of(bits[a], bits[b]);
      published[a] += overlaps[a * classes + b].together;
      published[b] += overlaps[a * classes + b].together;
    }
  }
  std::vector<ClassPair> pairs;
  for (std::size_t a = 0; a < classes; ++a) {
    for (std::size_t b = a + 1; b < classes; ++b) {
      const auto [together, either] = overlaps[a * classes + b];
      pairs.push_back({labels[a].name, labels[b].name, together, curve_distance(curves[a], curves[b]),
                       ratio(together, either), log_gap(labels[a].positives, labels[b].positives),
                       ratio(together, published[a] + published[b] - together), log_gap(published[a], published[b])});
    }
  }
  return pairs;
}

// What no note about one class explains: both are there, but nowhere are both known.
void note_never_known_together(const std::vector<ClassLabels>& labels, const std::vector<ClassPair>& pairs,
                               const std::string& where, std::vector<Note>& notes) {
  auto pair = pairs.begin();
  for (std::size_t a = 0; a < labels.size(); ++a) {
    for (std::size_t b = a + 1; b < labels.size(); ++b, ++pair) {
      if (!pair->iou && labels[a].positives > 0 && labels[b].positives > 0) {
        notes.push_back({where + "." + pair->a + "." + pair->b + ".iou",
                         "no image that shows either class has a known label for both"});
      }
    }
  }
}

}  // namespace

void compare_pairs(const std::vector<ClassLabels>& labels, MethodResult& result, std::vector<Note>& notes) {
  result.pairs = all_pairs(labels, result.classes);
  note_never_known_together(labels, result.pairs, "methods." + result.method + ".pairs", notes);
  const std::vector<Figure> distances = column(result.pairs, &ClassPair::fcd);
  const auto against = [&](const std::vector<Figure>& values, const std::string& name) {
    return correlate(values, distances, "pairs of classes", "methods." + result.method + ".cooccurrence." + name,
                     notes);
  };
  result.fcd_frequency_gap = against(column(result.pairs, &ClassPair::log_frequency_gap), "fcd_vs_log_frequency_gap");
  result.fcd_iou = against(fourth_roots(column(result.pairs, &ClassPair::iou)), "fcd_vs_iou_fourth_root");
  result.published_fcd_frequency_gap =
      against(column(result.pairs, &ClassPair::published_log_frequency_gap), "published_fcd_vs_log_frequency_gap");
  result.published_fcd_iou =
      against(fourth_roots(column(result.pairs, &ClassPair::published_iou)), "published_fcd_vs_iou_fourth_root");
}

}  // namespace niwaki
