#include "niwaki/engine/planner.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

namespace niwaki {
namespace {

/// Of a convolution's first input and its output, were it to run in this layout.
std::pair<Place, Place> places_of(const ShapedNetwork& shaped, std::size_t step, Layout layout) {
  const std::size_t input = shaped.network.steps[step].inputs[0];
  Place x = shaped.shapes[input];
  x.layout = layout == Layout::kBlocked && input == 0 && x.channels <= 3 ? Layout::kImage : layout;
  Place out = shaped.shapes[shaped.network.steps[step].output];
  out.layout = layout;
  return {x, out};
}

class Planner {
 public:
  Planner(const ShapedNetwork& shaped, std::size_t threads, Costs& costs)
      : shaped_(shaped), network_(shaped.network), shapes_(shaped.shapes), threads_(threads), costs_(costs) {
    for (std::size_t i = 0; i < network_.steps.size(); ++i) {
      step_costs_.emplace_back(0, 0);
      const bool computed = std::holds_alternative<ConvolutionLayer>(network_.steps[i].layer) &&
                            !is_linear_convolution(network_.steps[i], shapes_);
      if (computed) {
        const bool dense = shaped.can_be_blocked[i];
        step_costs_[i] = {cost(i, Layout::kPlanes),
                          dense ? cost(i, Layout::kBlocked) : std::numeric_limits<double>::infinity()};
        convolutions_.push_back(i);
      }
    }
    for (const Place& shape : shapes_) {
      const bool image = shape.pixels() > 1;
      change_costs_.push_back(image ? std::pair(costs.change(shape, Layout::kPlanes, Layout::kBlocked, threads),
                                                costs.change(shape, Layout::kBlocked, Layout::kPlanes, threads))
                                    : std::pair(0.0, 0.0));
    }
  }

  std::vector<Layout> run() const {
    std::vector<Layout> best;
    double best_total = std::numeric_limits<double>::infinity();
    for (std::vector<Layout> chosen : beginnings()) {
      const double found = improve(chosen);
      if (found < best_total) {
        best_total = found;
        best = std::move(chosen);
      }
    }
    return best;
  }

 private:
  [[nodiscard]] double cost(std::size_t i, Layout layout) const {
    const Step& step = network_.steps[i];
    const auto [x, out] = places_of(shaped_, i, layout);
    const double direct = costs_.convolution(step, x, out, layout, threads_);
    return layout == Layout::kBlocked ? std::min(direct, costs_.winograd(step, x, out, threads_)) : direct;
  }

  [[nodiscard]] std::vector<std::vector<Layout>> beginnings() const {
    std::vector<Layout> own(network_.steps.size(), Layout::kPlanes);
    for (const std::size_t i : convolutions_) {
      own[i] = step_costs_[i].first <= step_costs_[i].second ? Layout::kPlanes : Layout::kBlocked;
    }
    return {uniform_layouts(shaped_, Layout::kPlanes), uniform_layouts(shaped_, Layout::kBlocked), own};
  }

  /// Seconds of the convolutions and of all changes of layout; each value is changed once.
  [[nodiscard]] double total(const std::vector<Layout>& chosen) const {
    const std::vector<Layout> layouts = layouts_of(shaped_, chosen);
    std::vector<Layout> of_value(network_.values.size(), Layout::kImage);
    std::set<std::pair<std::size_t, Layout>> changed;
    double seconds = 0;
    for (std::size_t i = 0; i < network_.steps.size(); ++i) {
      const Step& step = network_.steps[i];
      seconds += layouts[i] == Layout::kPlanes ? step_costs_[i].first : 0;
      seconds += layouts[i] == Layout::kBlocked ? step_costs_[i].second : 0;
      for (const std::size_t input : step.inputs) {
        const Layout has = of_value[input];
        const bool image = has == Layout::kImage && layouts[i] == Layout::kBlocked && shapes_[input].channels <= 3;
        const bool differs = has != layouts[i] && has != Layout::kFlat && layouts[i] != Layout::kFlat && !image;
        if (differs && changed.emplace(input, layouts[i]).second) {
          seconds += layouts[i] == Layout::kBlocked ? change_costs_[input].first : change_costs_[input].second;
        }
      }
      of_value[step.output] = std::holds_alternative<GlobalAveragePool>(step.layer) ? Layout::kFlat : layouts[i];
    }
    return seconds;
  }

  double improve(std::vector<Layout>& chosen) const {
    double best = total(chosen);
    for (bool better = true; better;) {
      better = false;
      for (std::size_t begin = 0; begin < convolutions_.size(); ++begin) {
        for (std::size_t end = begin + 1; end <= convolutions_.size(); ++end) {
          for (const Layout layout : {Layout::kPlanes, Layout::kBlocked}) {
            better |= try_run(begin, end, layout, chosen, best);
          }
        }
      }
    }
    return best;
  }

  bool try_run(std::size_t begin, std::size_t end, Layout layout, std::vector<Layout>& chosen, double& best) const {
    std::vector<Layout> candidate = chosen;
    for (std::size_t i = begin; i < end; ++i) {
      candidate[convolutions_[i]] = layout;
    }
    if (candidate == chosen) {
      return false;
    }
    const double seconds = total(candidate);
    if (!(seconds < best * (1 - 1e-9))) {
      return false;
    }
    best = seconds;
    chosen = std::move(candidate);
    return true;
  }

  const ShapedNetwork& shaped_;
  const Steps& network_;
  const std::vector<Place>& shapes_;
  std::size_t threads_;
  Costs& costs_;
  std::vector<std::size_t> convolutions_;
  std::vector<std::pair<double, double>> step_costs_;    // planes, blocked
  std::vector<std::pair<double, double>> change_costs_;  // of each value: to blocked, to planes
};

}  // namespace

std::vector<Layout> plan_layouts(const ShapedNetwork& shaped, std::size_t threads, Costs& costs) {
  return Planner(shaped, threads, costs).run();
}

std::vector<DenseAlgorithm> quicker_algorithms(const ShapedNetwork& shaped, const std::vector<Layout>& layouts,
                                               std::size_t threads, Costs& costs) {
  std::vector<DenseAlgorithm> result(layouts.size(), DenseAlgorithm::kDirect);
  for (std::size_t i = 0; i < layouts.size(); ++i) {
    const Step& step = shaped.network.steps[i];
    if (layouts[i] != Layout::kBlocked || !std::holds_alternative<ConvolutionLayer>(step.layer)) {
      continue;
    }
    const auto [x, out] = places_of(shaped, i, Layout::kBlocked);
    const double winograd = costs.winograd(step, x, out, threads);
    if (std::isfinite(winograd) && winograd < costs.convolution(step, x, out, Layout::kBlocked, threads)) {
      result[i] = DenseAlgorithm::kWinograd;
    }
  }
  return result;
}

std::vector<Layout> uniform_layouts(const ShapedNetwork& shaped, Layout layout) {
  std::vector<Layout> result(shaped.network.steps.size(), layout);
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (layout == Layout::kBlocked && !shaped.can_be_blocked[i]) {
      result[i] = Layout::kPlanes;
    }
  }
  return result;
}

}  // namespace niwaki
