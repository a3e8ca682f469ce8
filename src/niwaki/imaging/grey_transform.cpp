#include "niwaki/imaging/grey_transform.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

double entry_for(const LookUpTable& table, double value) {
  const double place = std::clamp(std::floor(value + 0.5) - static_cast<double>(table.first), 0.0,
                                  static_cast<double>(table.entries.size() - 1));
  return table.entries[static_cast<std::size_t>(place)];
}

double full_scale(int bits) {
  return static_cast<double>((std::uint32_t{1} << bits) - 1);
}

/// The least and the most that the modality's transform can give.
std::pair<double, double> modality_range(const GreyTransform& transform) {
  if (const auto* table = std::get_if<LookUpTable>(&transform.modality)) {
    return {0, full_scale(table->bits)};
  }
  const double end = full_scale(transform.bits_stored);
  const double low = transform.is_signed ? -(end + 1) / 2 : 0;
  const auto& rescale = std::get<Rescale>(transform.modality);
  return std::minmax(low * rescale.slope + rescale.intercept, (low + end) * rescale.slope + rescale.intercept);
}

class Shown {
 public:
  explicit Shown(const GreyTransform& transform)
      : transform_(transform), range_(modality_range(transform)), scale_(1 / (range_.second - range_.first)) {}

  double operator()(std::int32_t stored) const {
    if (transform_.is_padding(stored)) {
      return 0;
    }
    const double value = transform_.modality_value(stored);
    const double shown = std::clamp(of_interest(value), 0.0, 1.0);
    return transform_.inverted ? 1 - shown : shown;
  }

 private:
  [[nodiscard]] double of_interest(double value) const {
    if (const auto* window = std::get_if<Window>(&transform_.interest)) {
      return windowed(value, *window);
    }
    if (const auto* table = std::get_if<LookUpTable>(&transform_.interest)) {
      return entry_for(*table, value) / full_scale(table->bits);
    }
    return (value - range_.first) * scale_;
  }

  const GreyTransform& transform_;
  std::pair<double, double> range_;
  double scale_;
};

}  // namespace

std::int32_t GreyTransform::stored_value(std::uint32_t bits) const {
  const std::int32_t range = std::int32_t{1} << bits_stored;
  const auto value = static_cast<std::int32_t>(bits);
  return is_signed && value >= range / 2 ? value - range : value;
}

bool GreyTransform::is_padding(std::int32_t stored) const {
  return padding && stored >= padding->first && stored <= padding->second;
}

double GreyTransform::modality_value(std::int32_t stored) const {
  if (const auto* table = std::get_if<LookUpTable>(&modality)) {
    return entry_for(*table, stored);
  }
  const auto& rescale = std::get<Rescale>(modality);
  return stored * rescale.slope + rescale.intercept;
}

double windowed(double value, const Window& window) {
  switch (window.function) {
    case Window::Function::kSigmoid:  // equation C.11-3
      return 1 / (1 + std::exp(-4 * (value - window.centre) / window.width));
    case Window::Function::kLinearExact:  // C.11.2.1.3.2
      return std::clamp((value - window.centre) / window.width + 0.5, 0.0, 1.0);
    default: {  // equation C.11-2
      const double centre = window.centre - 0.5;
      const double half = (window.width - 1) / 2;
      if (value <= centre - half) {
        return 0;
      }
      return value > centre + half ? 1 : (value - centre) / (window.width - 1) + 0.5;
    }
  }
}

Window window_over(double least, double most) {
  // Where all pixels are one value, it is black.
  return least < most ? Window{(least + most) / 2, most - least, Window::Function::kLinearExact}
                      : Window{least + 0.5, 1, Window::Function::kLinearExact};
}

std::vector<float> shown_values(const GreyTransform& transform) {
  NIWAKI_CHECK(transform.bits_stored >= 1 && transform.bits_stored <= 16, "{} bits", transform.bits_stored);
  NIWAKI_CHECK(!std::holds_alternative<LeastToMost>(transform.interest), "a window that only the pixels know");
  const Shown shown(transform);
  std::vector<float> values(std::size_t{1} << transform.bits_stored);
  for (std::size_t bits = 0; bits < values.size(); ++bits) {
    values[bits] = static_cast<float>(shown(transform.stored_value(static_cast<std::uint32_t>(bits))));
  }
  return values;
}

}  // namespace niwaki
