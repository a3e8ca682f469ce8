#include "niwaki/engine/estimated_costs.hpp"

#include <limits>

namespace niwaki {
namespace {

// Of one thread. Only their proportion matters to a plan.
constexpr double kMultiplicationsPerSecond = 30e9;
constexpr double kBytesPerSecond = 5e9;

}  // namespace

double EstimatedCosts::convolution(const Step& step, const Place& /*x*/, const Place& out, Layout layout,
                                   std::size_t threads) {
  const LayerWeight& weight = *std::get<ConvolutionLayer>(step.layer).weight;
  const double multiplications = static_cast<double>(weight.size()) * static_cast<double>(out.planes().positions());
  const double dense = multiplications / (kMultiplicationsPerSecond * static_cast<double>(threads));
  return layout == Layout::kBlocked ? dense : dense * weight.density() / kEvenDensity;
}

double EstimatedCosts::winograd(const Step& /*step*/, const Place& /*x*/, const Place& /*out*/,
                                std::size_t /*threads*/) {
  return std::numeric_limits<double>::infinity();
}

double EstimatedCosts::change(const Place& value, Layout /*from*/, Layout /*to*/, std::size_t threads) {
  const double values = static_cast<double>(value.channels) * static_cast<double>(value.planes().positions());
  return 2 * sizeof(float) * values / (kBytesPerSecond * static_cast<double>(threads));
}

}  // namespace niwaki
