#include "niwaki/engine/cost_table.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/instruction_set.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/core/version.hpp"
#include "niwaki/engine/arena.hpp"
#include "niwaki/engine/dense_tasks.hpp"
#include "niwaki/engine/plane_tasks.hpp"

namespace niwaki {
namespace {

/// The time of a sparse kernel is measured at these densities and taken as linear between and beyond them.
constexpr std::array<double, 3> kDensities = {0.02, 0.1, 0.3};
/// A measurement ends when so many runs have not been quicker, by more than a fiftieth, than one before them. On a busy
/// machine that takes longer; it ends at the latest after kMostSeconds.
constexpr int kRunsWithoutGain = 12;
constexpr double kGain = 0.98;
constexpr double kMostSeconds = 0.3;

/// The first line of the file, of two cells.
std::string heading() {
  std::string processor = processor_name().value_or("processor");
  std::ranges::replace(processor, ',', ' ');
  return fmt::format("{}; niwaki {},seconds", processor, version());
}

std::string key_of(const Step& step, const Place& x, const Place& out, std::size_t threads) {
  const auto& layer = std::get<ConvolutionLayer>(step.layer);
  const auto& [strides, pads, dilations, groups] = layer.geometry;
  return fmt::format(
      "convolution {} threads {} images {} channels {} size {}x{} out {} kernel {} strides {} pads {} "
      "dilations {} groups {}{}",
      instruction_set_name(instruction_set()), threads, x.images, x.channels, x.height, x.width, out.channels,
      fmt::join(layer.kernel, "x"), fmt::join(strides, "x"), fmt::join(pads, "x"), fmt::join(dilations, "x"), groups,
      step.has_residual() ? " residual" : "");
}

/// The same convolution with random weights of this density.
Step with_random_weight(const Step& step, double density, std::size_t threads) {
  const auto& layer = std::get<ConvolutionLayer>(step.layer);
  Tensor weight{layer.weight->shape(), std::vector<float>(layer.weight->size())};
  RandomStream random(1, "cost table");
  for (float& value : weight.values) {
    value = random.uniform() < density ? static_cast<float>(random.uniform(0.01, 0.02)) : 0.0F;
  }
  Step copy = step;
  std::get<ConvolutionLayer>(copy.layer).weight =
      std::make_shared<LayerWeight>(std::move(weight), layer.geometry.groups, threads);
  return copy;
}

/// The least of many runs: what the machine can do when nothing else disturbs it.
double measured(const Task& task, MemoryPlan& plan) {
  plan.arrange({task}, {});
  const Arena arena(plan.total_floats());
  const Runner run = task.bind([&](std::size_t place) { return arena.data() + plan.offset(place); });
  run();
  double least = std::numeric_limits<double>::infinity();
  double total = 0;
  for (int without_gain = 0; without_gain < kRunsWithoutGain && total < kMostSeconds; ++without_gain) {
    const auto begin = std::chrono::steady_clock::now();
    run();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    without_gain = seconds < kGain * least ? 0 : without_gain;
    least = std::min(least, seconds);
    total += seconds;
  }
  return least;
}

NumberedPlace added(MemoryPlan& plan, Place place, Layout layout) {
  place.layout = layout;
  return {plan.add(place.floats()), place};
}

double measure_convolution(const Step& step, const Place& x, const Place& out, Layout layout, std::size_t threads,
                           DenseAlgorithm algorithm = DenseAlgorithm::kDirect) {
  MemoryPlan plan;
  const bool image = layout == Layout::kBlocked && x.layout == Layout::kImage;
  const NumberedPlace from = added(plan, x, image ? Layout::kImage : layout);
  const NumberedPlace to = added(plan, out, layout);
  if (layout == Layout::kBlocked) {
    return measured(dense_convolution(step, from, to, step.has_residual(), algorithm, plan), plan);
  }
  const NumberedPlace residual = added(plan, out, layout);
  return measured(sparse_convolution(step, from, step.has_residual() ? &residual : nullptr, to, threads, plan), plan);
}

}  // namespace

CostTable::CostTable(std::filesystem::path file) : file_(std::move(file)) {
  std::ifstream in(file_);
  std::string line;
  if (file_.empty() || !std::getline(in, line) || line != heading()) {
    return;
  }
  while (std::getline(in, line)) {
    const std::size_t comma = line.rfind(',');
    char* end = nullptr;
    const double seconds = comma == std::string::npos ? 0 : std::strtod(line.c_str() + comma + 1, &end);
    if (seconds > 0) {
      seconds_.emplace(line.substr(0, comma), seconds);
    }
  }
}

std::filesystem::path CostTable::usual_file() {
  if (const char* named = std::getenv("NIWAKI_COSTS")) {
    return named;
  }
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  if (cache != nullptr && *cache != '\0') {
    return std::filesystem::path(cache) / "niwaki" / "engine-costs.csv";
  }
  return home != nullptr && *home != '\0' ? std::filesystem::path(home) / ".cache" / "niwaki" / "engine-costs.csv"
                                          : std::filesystem::path();
}

double CostTable::known(const std::string& key, const std::function<double()>& measure) {
  const std::lock_guard lock(mutex_);
  const auto found = seconds_.find(key);
  if (found != seconds_.end()) {
    return found->second;
  }
  changed_ = true;
  return seconds_.emplace(key, measure()).first->second;
}

double CostTable::convolution(const Step& step, const Place& x, const Place& out, Layout layout, std::size_t threads) {
  const auto& layer = std::get<ConvolutionLayer>(step.layer);
  if (layout == Layout::kBlocked) {
    return known(key_of(step, x, out, threads) + " dense",
                 [&] { return measure_convolution(with_random_weight(step, 1, threads), x, out, layout, threads); });
  }
  const double density = layer.weight->density();
  const std::size_t upper = density <= kDensities[1] ? 1 : 2;
  const double low = sparse(step, x, out, kDensities[upper - 1], threads);
  const double high = sparse(step, x, out, kDensities[upper], threads);
  const double slope = std::max(0.0, (high - low) / (kDensities[upper] - kDensities[upper - 1]));
  return std::max(low / 4, low + slope * (density - kDensities[upper - 1]));
}

double CostTable::winograd(const Step& step, const Place& x, const Place& out, std::size_t threads) {
  if (x.layout != Layout::kBlocked || !has_dense_kernel(step, x, out, DenseAlgorithm::kWinograd)) {
    return std::numeric_limits<double>::infinity();
  }
  return known(key_of(step, x, out, threads) + " winograd", [&] {
    return measure_convolution(with_random_weight(step, 1, threads), x, out, Layout::kBlocked, threads,
                               DenseAlgorithm::kWinograd);
  });
}

double CostTable::sparse(const Step& step, const Place& x, const Place& out, double density, std::size_t threads) {
  return known(fmt::format("{} density {}", key_of(step, x, out, threads), density), [&] {
    return measure_convolution(with_random_weight(step, density, threads), x, out, Layout::kPlanes, threads);
  });
}

double CostTable::change(const Place& value, Layout from, Layout to, std::size_t threads) {
  const std::string key = fmt::format("change {} threads {} images {} channels {} size {}x{} {} to {}",
                                      instruction_set_name(instruction_set()), threads, value.images, value.channels,
                                      value.height, value.width, layout_name(from), layout_name(to));
  return known(key, [&] {
    MemoryPlan plan;
    const NumberedPlace x = added(plan, value, from);
    const NumberedPlace y = added(plan, value, to);
    return measured(layout_change(x, y), plan);
  });
}

void CostTable::save() {
  const std::lock_guard lock(mutex_);
  if (!changed_ || file_.empty()) {
    return;
  }
  std::string text = heading() + "\n";
  CostTable others(file_);  // another process may have measured meanwhile
  others.seconds_.merge(std::map<std::string, double>(seconds_));
  for (const auto& [key, seconds] : others.seconds_) {
    text += fmt::format("{},{:.4g}\n", key, seconds);
  }
  try {
    std::filesystem::create_directories(file_.parent_path());
    write_file(file_, text);
    changed_ = false;
  } catch (const std::exception&) {
    file_.clear();  // a cache that cannot be kept is no reason to fail
  }
}

}  // namespace niwaki
