#include "niwaki/engine/engine.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <map>
#include <mutex>
#include <utility>

#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/engine/compiled_network.hpp"
#include "niwaki/engine/cost_table.hpp"
#include "niwaki/engine/estimated_costs.hpp"
#include "niwaki/engine/layouts.hpp"
#include "niwaki/engine/planes.hpp"
#include "niwaki/engine/planner.hpp"
#include "niwaki/engine/reference.hpp"
#include "niwaki/engine/sparse_kernel.hpp"

namespace niwaki {
namespace {

/// Images at once: as many as it takes for the smallest planes to fill some vectors, and no more than keep the largest
/// value within a third-level cache.
constexpr std::size_t kFilledPositions = 64;
constexpr std::size_t kLargestValue = std::size_t{4} << 20;  // floats

/// A network compiled for one shape, and the instances of it that nobody is running.
struct Plan {
  explicit Plan(CompiledNetwork compiled) : network(std::move(compiled)) {}

  CompiledNetwork network;
  std::mutex mutex;
  std::vector<std::unique_ptr<CompiledNetwork::Instance>> idle;
};

/// An instance that goes back to the idle ones in the end.
class Lease {
 public:
  explicit Lease(Plan& plan) : plan_(plan) {
    const std::lock_guard lock(plan.mutex);
    if (!plan.idle.empty()) {
      instance_ = std::move(plan.idle.back());
      plan.idle.pop_back();
    } else {
      instance_ = std::make_unique<CompiledNetwork::Instance>(plan.network);
      plan.idle.reserve(plan.idle.size() + 1);
    }
  }
  ~Lease() {
    const std::lock_guard lock(plan_.mutex);
    plan_.idle.push_back(std::move(instance_));
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  Lease(Lease&&) = delete;
  Lease& operator=(Lease&&) = delete;

  [[nodiscard]] const CompiledNetwork::Instance& instance() const { return *instance_; }

 private:
  Plan& plan_;
  std::unique_ptr<CompiledNetwork::Instance> instance_;
};

/// Of [images, values] row-major, the rows in which something is NaN or infinite.
std::vector<std::size_t> odd_rows(std::span<const float> values, std::size_t rows) {
  const std::size_t length = values.size() / rows;
  std::vector<std::size_t> odd;
  for (std::size_t row = 0; row < rows; ++row) {
    if (!plane_kernels().finite(values.data() + row * length, length)) {
      odd.push_back(row);
    }
  }
  return odd;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values.empty() ? 0 : values[values.size() / 2];
}

}  // namespace

double peak_operations_per_second() {
  constexpr std::size_t kRounds = 200'000;
  constexpr int kTries = 10;
  const sparse::Kernels& kernels = sparse::kernels(instruction_set());
  const auto threads = static_cast<std::size_t>(thread_count());
  std::vector<float> results(threads);
  double best = 0;
  for (int i = 0; i < kTries; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    parallel_for(threads, [&](std::size_t thread) { results[thread] = kernels.multiply_add_only(kRounds); });
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const auto operations = static_cast<double>(threads * kRounds * sparse::kIndependentSums * sparse::kUnit * 2);
    best = std::max(best, operations / seconds);
  }
  return best;
}

EngineKind parse_engine_kind(std::string_view name) {
  static const std::map<std::string_view, EngineKind> kinds = {{"auto", EngineKind::kAuto},
                                                               {"dense", EngineKind::kDense},
                                                               {"sparse", EngineKind::kSparse},
                                                               {"reference", EngineKind::kReference}};
  const auto found = kinds.find(name);
  if (found == kinds.end()) {
    throw InputError(fmt::format("there is no engine '{}'", name), "--engine",
                     "choose auto, dense, sparse or reference");
  }
  return found->second;
}

struct Engine::State {
  State(Graph network, EngineOptions chosen)
      : options(std::move(chosen)), threads(static_cast<std::size_t>(thread_count())), classes(class_count(network)) {
    if ((options.kind == EngineKind::kAuto || options.kind == EngineKind::kDense) && options.measured_costs) {
      measured_costs.emplace(options.cost_file.value_or(CostTable::usual_file().string()));
    }
    if (options.kind == EngineKind::kReference) {
      graph = std::move(network);
    } else {
      steps = lower(std::move(network), threads);
    }
  }

  /// The plan for this shape, made when it is first asked for: of this kind, which is not kReference.
  Plan& plan(const Shape& shape, EngineKind kind) {
    const std::lock_guard lock(mutex);
    std::unique_ptr<Plan>& found = plans[{shape, kind}];
    if (found == nullptr) {
      use_threads_in_libraries();
      const ShapedNetwork shaped(steps, shape);
      const std::vector<Layout> layouts = layouts_of(shaped, choose(shaped, kind));
      found = std::make_unique<Plan>(CompiledNetwork(shaped, layouts, algorithms(shaped, layouts), threads));
    }
    return *found;
  }

  std::vector<DenseAlgorithm> algorithms(const ShapedNetwork& shaped, const std::vector<Layout>& layouts) {
    std::vector<DenseAlgorithm> chosen(layouts.size(), DenseAlgorithm::kDirect);
    if (measured_costs) {
      chosen = quicker_algorithms(shaped, layouts, threads, *measured_costs);
      measured_costs->save();
    }
    return chosen;
  }

  std::vector<Layout> choose(const ShapedNetwork& shaped, EngineKind kind) {
    if (kind == EngineKind::kSparse) {
      return uniform_layouts(shaped, Layout::kPlanes);
    }
    if (kind == EngineKind::kDense) {
      return uniform_layouts(shaped, Layout::kBlocked);
    }
    if (!measured_costs) {
      EstimatedCosts estimated;
      return plan_layouts(shaped, threads, estimated);
    }
    return plan_layouts(shaped, threads, *measured_costs);
  }

  /// Writes the logits of `images`, of which there are as many as `shape` says or fewer. oneDNN's activations make 0 of
  /// NaN, and Winograd's algorithm makes NaN of infinity: images that are not finite, or do not come out so, are for
  /// our kernels. The others never meet them.
  void run(const Shape& shape, std::span<const float> images, std::span<float> logits) {
    const std::size_t count = logits.size() / classes;
    Plan& usual = plan(shape, options.kind);
    if (options.kind == EngineKind::kSparse) {
      run(usual, images, logits, {});
      return;
    }
    std::vector<std::size_t> odd = odd_rows(images, count);
    run(usual, images, logits, odd);
    const std::vector<std::size_t> came_out_odd = odd_rows(logits, count);
    odd.insert(odd.end(), came_out_odd.begin(), came_out_odd.end());
    if (odd.empty()) {
      return;
    }
    std::vector<float> carried(logits.size());
    run(plan(shape, EngineKind::kSparse), images, carried, {});
    for (const std::size_t row : odd) {
      std::copy_n(carried.begin() + static_cast<std::ptrdiff_t>(row * classes), classes,
                  logits.begin() + static_cast<std::ptrdiff_t>(row * classes));
    }
  }

  /// With zeros in place of the images `left_out`.
  void run(Plan& plan, std::span<const float> images, std::span<float> logits,
           const std::vector<std::size_t>& left_out) const {
    use_threads_in_libraries();
    const Lease lease(plan);
    const CompiledNetwork::Instance& instance = lease.instance();
    std::ranges::copy(images, instance.input());
    std::fill(instance.input() + images.size(), instance.input() + plan.network.input_floats(), 0.0F);
    const std::size_t values = images.size() / (logits.size() / classes);
    for (const std::size_t image : left_out) {
      std::fill_n(instance.input() + image * values, values, 0.0F);
    }
    instance.run();
    std::copy_n(instance.output(), logits.size(), logits.begin());
  }

  std::size_t images_at_once(const Shape& shape) {
    const auto most = static_cast<std::size_t>(std::max<std::int64_t>(1, shape[0]));
    const std::size_t wanted = options.images_at_once > 0 ? options.images_at_once : images_that_fill(shape);
    return options.images_at_once > 0 ? std::min(wanted, most) : std::min(wanted, std::bit_floor(most));
  }

  /// A power of two, found once for each size of picture.
  std::size_t images_that_fill(const Shape& shape) {
    const Shape picture = {1, shape[1], shape[2], shape[3]};
    const std::lock_guard lock(mutex);
    std::size_t& images = filling_images[picture];
    if (images > 0) {
      return images;
    }
    std::size_t smallest = kFilledPositions;
    std::size_t largest = 1;
    const std::vector<Place> shapes = value_shapes(steps, picture);
    for (const Step& step : steps.steps) {
      const Place& out = shapes[step.output];
      if (std::holds_alternative<ConvolutionLayer>(step.layer) && out.pixels() > 1) {
        smallest = std::min(smallest, out.pixels());
        largest = std::max(largest, out.floats());
      }
    }
    images = 1;
    while (images * smallest < kFilledPositions && 2 * images * largest <= kLargestValue) {
      images *= 2;
    }
    return images;
  }

  EngineOptions options;
  std::size_t threads;
  std::size_t classes;
  std::optional<CostTable> measured_costs;
  Graph graph;  // for the reference alone
  Steps steps;
  std::mutex mutex;
  std::map<std::pair<Shape, EngineKind>, std::unique_ptr<Plan>> plans;
  std::map<Shape, std::size_t> filling_images;
};

Engine::Engine(Graph graph, const EngineOptions& options)
    : state_(std::make_unique<State>(std::move(graph), options)) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

std::size_t Engine::classes() const {
  return state_->classes;
}

std::size_t Engine::images_at_once(const Shape& shape) const {
  return state_->options.kind == EngineKind::kReference ? 1 : state_->images_at_once(shape);
}

std::vector<float> Engine::logits(std::span<const float> images, const Shape& shape) const {
  if (state_->options.kind == EngineKind::kReference) {
    return reference_logits(state_->graph, images, shape);
  }
  const auto count = static_cast<std::size_t>(shape[0]);
  NIWAKI_CHECK(shape.size() == 4 && (count == 0 || images.size() % count == 0), "{} values for {} images",
               images.size(), count);
  std::vector<float> logits(count * classes());
  if (count == 0) {
    return logits;
  }
  const std::size_t at_once = images_at_once(shape);
  const std::size_t values = images.size() / count;
  for (std::size_t first = 0; first < count; first += at_once) {
    const std::size_t size = std::min(at_once, count - first);
    state_->run({static_cast<std::int64_t>(at_once), shape[1], shape[2], shape[3]},
                images.subspan(first * values, size * values),
                std::span(logits).subspan(first * classes(), size * classes()));
  }
  return logits;
}

std::vector<TaskTime> Engine::task_times(std::span<const float> images, const Shape& shape, int runs) const {
  if (state_->options.kind == EngineKind::kReference) {
    return {};
  }
  const std::size_t at_once = images_at_once(shape);
  Plan& plan = state_->plan({static_cast<std::int64_t>(at_once), shape[1], shape[2], shape[3]}, state_->options.kind);
  use_threads_in_libraries();
  const Lease lease(plan);
  std::ranges::copy(images.first(plan.network.input_floats()), lease.instance().input());
  std::vector<std::vector<double>> seconds(plan.network.tasks().size());
  std::vector<double> once;
  for (int run = 0; run < runs; ++run) {
    lease.instance().run(&once);
    for (std::size_t i = 0; i < once.size(); ++i) {
      seconds[i].push_back(once[i]);
    }
  }
  std::vector<TaskTime> times;
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    const Task& task = plan.network.tasks()[i];
    times.push_back({.name = task.name,
                     .kind = task.kind,
                     .seconds = median(seconds[i]),
                     .useful_operations = task.useful_operations,
                     .weight_bytes = task.weight_bytes});
  }
  return times;
}

}  // namespace niwaki
