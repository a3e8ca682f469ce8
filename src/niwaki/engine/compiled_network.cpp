#include "niwaki/engine/compiled_network.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include "niwaki/core/error.hpp"
#include "niwaki/engine/dense_tasks.hpp"
#include "niwaki/engine/layouts.hpp"
#include "niwaki/engine/plane_tasks.hpp"

namespace niwaki {

/// Turns steps into tasks, changing layouts where neighbours differ.
class Compiler {
 public:
  Compiler(CompiledNetwork& result, const ShapedNetwork& shaped, const std::vector<Layout>& layouts,
           const std::vector<DenseAlgorithm>& algorithms, std::size_t threads)
      : result_(result),
        network_(shaped.network),
        shapes_(shaped.shapes),
        layouts_(layouts),
        algorithms_(algorithms),
        threads_(threads),
        places_(network_.values.size()),
        last_use_(network_.values.size(), 0) {
    for (std::size_t i = 0; i < network_.steps.size(); ++i) {
      for (const std::size_t input : network_.steps[i].inputs) {
        last_use_[input] = i;
      }
    }
    last_use_[network_.output] = network_.steps.size();
  }

  void run() {
    const NumberedPlace input = new_place(0, Layout::kImage);
    for (step_ = 0; step_ < network_.steps.size(); ++step_) {
      compile(network_.steps[step_]);
    }
    result_.input_ = input;
    result_.output_ = place_of(network_.output, Layout::kFlat);
    join_channels();
    std::erase_if(tasks_, [](const Task& task) { return task.bind == nullptr; });
    result_.tasks_ = std::move(tasks_);
    result_.plan_.arrange(result_.tasks_, {result_.input_.number, result_.output_.number});
  }

 private:
  /// A joined value, whose parts are put into it once all tasks are known.
  struct Join {
    std::size_t task;  // stands at the place where copies go, if it must be
    const Step* step;
    NumberedPlace out;
    std::vector<NumberedPlace> parts;
  };

  NumberedPlace new_place(std::size_t value, Layout layout) {
    Place place = shapes_[value];
    place.layout = layout;
    const NumberedPlace made{result_.plan_.add(place.floats()), place};
    places_[value].emplace(layout, made);
    return made;
  }

  /// The value in this layout; changed from the one that it has where need be.
  NumberedPlace place_of(std::size_t value, Layout layout) {
    const auto found = places_[value].find(layout);
    if (found != places_[value].end()) {
      return found->second;
    }
    NIWAKI_CHECK(!places_[value].empty(), "value {} is read before it is made", network_.values[value]);
    NumberedPlace from = places_[value].begin()->second;
    if (layout == Layout::kFlat && from.place.layout != Layout::kPlanes && from.place.layout != Layout::kImage) {
      from = place_of(value, Layout::kPlanes);
    }
    const NumberedPlace to = new_place(value, layout);
    if (layout == Layout::kFlat) {
      tasks_.push_back(from.place.layout == Layout::kImage ? copy(from, to)
                                                           : plane_flatten({.name = "planes to flat"}, from, to));
    } else {
      if (from.place.layout == Layout::kFlat) {
        from.place.layout = Layout::kImage;  // of 1 x 1 pixels, the same thing
      }
      tasks_.push_back(layout_change(from, to));
    }
    return to;
  }

  void compile(const Step& step) {
    std::visit([&](const auto& layer) { compile_layer(step, layer); }, step.layer);
  }

  [[nodiscard]] Layout layout() const { return layouts_[step_]; }
  NumberedPlace input(const Step& step, std::size_t i = 0) { return place_of(step.inputs[i], layout()); }
  NumberedPlace output(const Step& step) { return new_place(step.output, layout()); }

  void compile_layer(const Step& step, const ConvolutionLayer& layer) {
    if (layout() == Layout::kFlat) {
      const Step linear{step.name, LinearLayer{layer.weight, layer.bias}, step.activation, step.inputs, step.output};
      compile_layer(linear, std::get<LinearLayer>(linear.layer));
      return;
    }
    Task task;
    if (layout() == Layout::kPlanes) {
      const NumberedPlace x = input(step);
      NumberedPlace residual;
      if (step.has_residual()) {
        residual = input(step, 1);
      }
      task =
          sparse_convolution(step, x, step.has_residual() ? &residual : nullptr, output(step), threads_, result_.plan_);
    } else {
      const bool image = step.inputs[0] == 0 && shapes_[0].channels <= 3;
      const NumberedPlace x = image ? place_of(0, Layout::kImage) : input(step);
      const NumberedPlace out = step.has_residual() ? place_with_residual(step) : output(step);
      task = dense_convolution(step, x, out, step.has_residual(), algorithms_[step_], result_.plan_);
    }
    task.useful_operations = 2.0 * static_cast<double>(layer.weight->nonzeros()) *
                             static_cast<double>(shapes_[step.output].planes().positions());
    tasks_.push_back(std::move(task));
  }

  /// oneDNN adds to what stands at the output: the residual itself, where nothing needs it afterwards, or a copy.
  NumberedPlace place_with_residual(const Step& step) {
    const NumberedPlace residual = input(step, 1);
    if (last_use_[step.inputs[1]] == step_ && step.inputs[1] != step.inputs[0]) {
      places_[step.output].emplace(layout(), residual);
      return residual;
    }
    const NumberedPlace out = output(step);
    tasks_.push_back(copy(residual, out));
    return out;
  }

  void compile_layer(const Step& step, const LinearLayer& layer) {
    const NumberedPlace x = place_of(step.inputs[0], Layout::kFlat);
    Task task = dense_linear(step, x, new_place(step.output, Layout::kFlat), result_.plan_);
    task.useful_operations = 2.0 * static_cast<double>(layer.weight->nonzeros()) * static_cast<double>(x.place.images);
    tasks_.push_back(std::move(task));
  }

  void compile_layer(const Step& step, const AffineLayer&) {
    const NumberedPlace x = input(step);
    tasks_.push_back(affine(step, x, output(step)));
  }
  void compile_layer(const Step& step, const ActivationLayer&) {
    const NumberedPlace x = input(step);
    tasks_.push_back(activation(step, x, output(step)));
  }
  void compile_layer(const Step& step, const Add&) {
    const NumberedPlace a = input(step);
    const NumberedPlace b = input(step, 1);
    tasks_.push_back(add(step, a, b, output(step)));
  }
  void compile_layer(const Step& step, const Multiply&) {
    const NumberedPlace a = input(step);
    const bool gate = shapes_[step.inputs[1]].pixels() != shapes_[step.inputs[0]].pixels();
    const NumberedPlace b = gate ? place_of(step.inputs[1], Layout::kFlat) : input(step, 1);
    tasks_.push_back(multiply(step, a, b, output(step)));
  }
  void compile_layer(const Step& step, const GlobalAveragePool&) {
    const NumberedPlace x = input(step);
    tasks_.push_back(global_average(step, x, new_place(step.output, Layout::kFlat)));
  }
  void compile_layer(const Step& step, const MaxPool&) { compile_pool(step); }
  void compile_layer(const Step& step, const AveragePool&) { compile_pool(step); }
  void compile_pool(const Step& step) {
    const NumberedPlace x = input(step);
    const NumberedPlace out = output(step);
    tasks_.push_back(layout() == Layout::kBlocked ? *dense_pool(step, x, out, result_.plan_)
                                                  : plane_pool(step, x, out));
  }
  void compile_layer(const Step& step, const Pad&) {
    const NumberedPlace x = input(step);
    tasks_.push_back(plane_pad(step, x, output(step)));
  }

  /// Of 1 x 1 pixels, a flat value is flat already; others are copied.
  void compile_layer(const Step& step, const Flatten&) {
    const auto flat = places_[step.inputs[0]].find(Layout::kFlat);
    if (flat != places_[step.inputs[0]].end()) {
      places_[step.output].emplace(Layout::kFlat, flat->second);
      last_use_[step.inputs[0]] = last_use_[step.output];
      return;
    }
    const NumberedPlace x = place_of(step.inputs[0], Layout::kPlanes);
    tasks_.push_back(plane_flatten(step, x, new_place(step.output, Layout::kFlat)));
  }

  void compile_layer(const Step& step, const Concatenate&) {
    Join join{.task = 0, .step = &step, .out = {}, .parts = {}};
    for (std::size_t i = 0; i < step.inputs.size(); ++i) {
      join.parts.push_back(input(step, i));
    }
    join.out = output(step);
    join.task = tasks_.size();
    tasks_.emplace_back();
    joins_.push_back(std::move(join));
  }

  /// Puts every part where it belongs, so that joining costs nothing, or else copies it. The last join comes first: in
  /// a dense block it holds all the parts of those before it, which are then nothing but its beginnings.
  void join_channels() {
    std::map<std::size_t, std::vector<Task>> copies;  // by the task that they stand for
    for (std::size_t left = joins_.size(); left > 0; --left) {
      const Join& join = joins_[left - 1];
      if (is_within_another(join)) {
        continue;
      }
      std::int64_t first_channel = 0;
      std::set<std::size_t> seen;
      for (const NumberedPlace& part : join.parts) {
        const std::size_t offset = offset_of_channel(join.out.place, first_channel);
        const bool free = !result_.plan_.is_inside(part.number) && result_.plan_.root(join.out.number) != part.number &&
                          part.place.layout != Layout::kImage && seen.insert(part.number).second;
        if (free && (part.place.layout == Layout::kPlanes || part.place.images == 1)) {
          result_.plan_.put_inside(part.number, join.out.number, offset);
        } else {
          copies[join.task].push_back(copy_channels(*join.step, part, join.out, first_channel));
        }
        first_channel += part.place.channels;
      }
    }
    insert(copies);
  }

  /// Parts that stand one after the other inside another value already make this one.
  bool is_within_another(const Join& join) {
    MemoryPlan& plan = result_.plan_;
    const std::size_t root = plan.root(join.parts[0].number);
    const std::size_t begin = plan.offset_in_root(join.parts[0].number);
    std::int64_t first_channel = 0;
    for (const NumberedPlace& part : join.parts) {
      if (!plan.is_inside(part.number) || plan.root(part.number) != root ||
          plan.offset_in_root(part.number) != begin + offset_of_channel(join.out.place, first_channel)) {
        return false;
      }
      first_channel += part.place.channels;
    }
    if (plan.is_inside(join.out.number)) {  // a later join has put it elsewhere, beside its own parts
      return false;
    }
    plan.put_inside(join.out.number, root, begin);
    return true;
  }

  static std::size_t offset_of_channel(const Place& place, std::int64_t channel) {
    return static_cast<std::size_t>(channel) *
           (place.layout == Layout::kPlanes ? place.planes().stride : place.pixels());
  }

  void insert(std::map<std::size_t, std::vector<Task>>& copies) {
    std::vector<Task> all;
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      all.push_back(std::move(tasks_[i]));
      for (Task& copied : copies[i]) {
        all.push_back(std::move(copied));
      }
    }
    tasks_ = std::move(all);
  }

  CompiledNetwork& result_;
  const Steps& network_;
  const std::vector<Place>& shapes_;
  const std::vector<Layout>& layouts_;
  const std::vector<DenseAlgorithm>& algorithms_;
  std::size_t threads_;
  std::vector<std::map<Layout, NumberedPlace>> places_;  // of each value
  std::vector<std::size_t> last_use_;                    // the last step that reads each value
  std::vector<Task> tasks_;
  std::vector<Join> joins_;
  std::size_t step_ = 0;
};

CompiledNetwork::CompiledNetwork(const ShapedNetwork& shaped, const std::vector<Layout>& layouts,
                                 const std::vector<DenseAlgorithm>& algorithms, std::size_t threads) {
  Compiler(*this, shaped, layouts, algorithms, threads).run();
}

CompiledNetwork::Instance::Instance(const CompiledNetwork& network) : arena_(network.arena_floats()) {
  const PlaceAddress address = [&](std::size_t place) { return arena_.data() + network.plan_.offset(place); };
  input_ = address(network.input_.number);
  output_ = address(network.output_.number);
  for (const Task& task : network.tasks_) {
    runners_.push_back(task.bind(address));
  }
}

void CompiledNetwork::Instance::run(std::vector<double>* seconds) const {
  if (seconds == nullptr) {
    for (const Runner& run : runners_) {
      run();
    }
    return;
  }
  seconds->clear();
  for (const Runner& run : runners_) {
    const auto begin = std::chrono::steady_clock::now();
    run();
    seconds->push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
}

}  // namespace niwaki
