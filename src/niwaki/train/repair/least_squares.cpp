#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/train/repair/image_weights.hpp"
#include "niwaki/train/repair/layer_output.hpp"
#include "niwaki/train/repair/layer_sums.hpp"
#include "niwaki/train/repair/own_repairs.hpp"
#include "niwaki/train/repair/row_iteration.hpp"
#include "niwaki/train/repair/row_solver.hpp"
#include "niwaki/train/repair/walk.hpp"

namespace niwaki {
namespace {

/// H is summed from products in float32: what is below this share of its mean diagonal is rounding.
constexpr double kRounding = 1e-6;

class LeastSquares {
 public:
  LeastSquares(const RepairJob& job, Graph& network)
      : job_(job),
        network_(network),
        batches_(*job.calibration.images, job.options.memory_bytes),
        dense_walk_(job.dense, batches_, job.options.memory_bytes),
        walk_(network, batches_, job.options.memory_bytes),
        omega_(image_weights(job.calibration.labels, batches_.images(), job.options.least_squares)) {}

  void run() {
    const std::vector<std::size_t> layers = layers_to_repair(network_, job_.notes);
    for (const std::size_t layer : layers) {
      job_.progress.say(fmt::format("least-squares: {}", network_.nodes[layer].name));
      dense_walk_.stop_before(layer);
      walk_.stop_before(layer);
      const LayerSums sums = sums_of(layer, layers.size());
      fit(layer, sums);
    }
    add_notes();
  }

 private:
  [[nodiscard]] std::string place_of(std::size_t layer) const {
    return fmt::format("layer '{}'", network_.nodes[layer].name);
  }

  LayerSums sums_of(std::size_t layer, std::size_t layers) {
    LayerSums sums(network_.nodes[layer], network_.tensor(network_.nodes[layer].inputs[1]));
    batches_.for_each([&](std::size_t batch, std::size_t first, const at::Tensor& pictures) {
      const at::Tensor wanted = dense_walk_.output(dense_walk_.input(batch, pictures));
      const at::Tensor input = walk_.input(batch, pictures);
      const auto images = static_cast<std::size_t>(pictures.size(0));
      std::vector<std::int64_t> chosen;
      std::vector<double> weights;
      for (std::size_t image = 0; image < images; ++image) {
        choose_patches(layer, first + image, image, sums.patches(input), chosen);
        weights.resize(chosen.size(), omega_[first + image]);
      }
      sums.add(input, wanted, chosen, weights);
      job_.progress.advance(repair_entry("least-squares").cost * static_cast<double>(images) /
                            static_cast<double>(layers));
    });
    return sums;
  }

  /// Adds the positions of this image's patches that count: all, or as many of each image by chance.
  void choose_patches(std::size_t layer, std::size_t row, std::size_t image, std::size_t patches,
                      std::vector<std::int64_t>& chosen) const {
    const std::size_t share = (job_.options.least_squares.patches + batches_.images() - 1) / batches_.images();
    const std::size_t begin = image * patches;
    const auto already = static_cast<std::ptrdiff_t>(chosen.size());
    if (patches <= share) {
      for (std::size_t i = 0; i < patches; ++i) {
        chosen.push_back(static_cast<std::int64_t>(begin + i));
      }
      return;
    }
    RandomStream random(job_.options.seed, "repair/patches", {layer, row});
    const std::vector<std::size_t> order = random.permutation(patches);
    for (std::size_t i = 0; i < share; ++i) {
      chosen.push_back(static_cast<std::int64_t>(begin + order[i]));
    }
    std::sort(chosen.begin() + already, chosen.end());
  }

  void fit(std::size_t layer, const LayerSums& sums) {
    const ShiftPlace place = shift_place(network_, layer);
    const Node& node = network_.nodes[layer];
    const RowForm& form = sums.form();
    std::vector<double> shift(form.groups * form.rows, 0.0);
    for (std::size_t group = 0; group < form.groups; ++group) {
      const LayerSums::Moments moments = sums.moments(group, place.found);
      fit_group(layer, group, form, moments);
      const std::span<const float> weights = weights_of(layer, group, form);
      for (std::size_t row = 0; row < form.rows; ++row) {
        double mean = 0;
        for (std::size_t i = 0; i < form.inputs; ++i) {
          mean += weights[row * form.inputs + i] * moments.input_mean[i];
        }
        shift[group * form.rows + row] = moments.wanted_mean[row] - mean;
      }
    }
    if (place.found) {
      for (std::size_t channel = 0; node.inputs.size() > 2 && channel < shift.size(); ++channel) {
        shift[channel] -= network_.tensor(node.inputs[2]).values[channel];
      }
      // A running mean was taken for the dense layer's own outputs, which may have another mean on these images.
      add_shift(network_, place, shift);
      walk_.take_node(network_, place.node);
    }
    walk_.take_node(network_, layer);
  }

  std::span<float> weights_of(std::size_t layer, std::size_t group, const RowForm& form) {
    const std::size_t size = form.rows * form.inputs;
    return std::span<float>(network_.tensor(network_.nodes[layer].inputs[1]).values).subspan(group * size, size);
  }

  void fit_group(std::size_t layer, std::size_t group, const RowForm& form, const LayerSums::Moments& moments) {
    double diagonal = 0;
    for (std::size_t i = 0; i < form.inputs; ++i) {
      diagonal += moments.hessian[i * form.inputs + i] / static_cast<double>(form.inputs);
    }
    if (!std::isfinite(diagonal)) {
      throw InputError("the values are not finite", place_of(layer),
                       "check the network's weights and its input's normalisation");
    }
    if (!(diagonal > 0)) {
      ++constant_groups_;  // nothing but a constant comes in: the weights stay, the constant goes out by the shift
      return;
    }
    const std::size_t size = form.rows * form.inputs;
    const std::vector<std::uint8_t>& mask = job_.mask.at(network_.nodes[layer].inputs[1]);
    const RowProblem problem{.hessian = {moments.hessian.data(), form.inputs, form.inputs},
                             .products = {moments.products.data(), form.rows, form.inputs},
                             .kept = {mask.data() + group * size, form.rows, form.inputs},
                             .damping = job_.options.least_squares.damping * diagonal};
    solve(layer, problem, kRounding * diagonal, {weights_of(layer, group, form), form.rows, form.inputs});
  }

  void solve(std::size_t layer, RowProblem problem, double smallest_pivot, MatrixView<float> weights) const {
    std::vector<std::uint8_t> left;
    if (iteration_is_faster(problem)) {
      const std::vector<std::size_t> rows = solve_rows_by_iteration(problem, weights);
      left.assign(weights.size(), 0);
      for (const std::size_t row : rows) {
        std::ranges::copy(problem.kept.row(row), left.begin() + static_cast<std::ptrdiff_t>(row * weights.columns()));
      }
      problem.kept = {left.data(), weights.rows(), weights.columns()};  // the others are solved
    }
    const std::size_t singular = solve_rows(problem, smallest_pivot, weights);
    if (singular > 0) {
      throw InputError(fmt::format("the Hessian of {} of {} rows is singular", singular, weights.rows()),
                       place_of(layer), "give more calibration images, or a larger damping (0.01 is usual)");
    }
  }

  void add_notes() const {
    if (constant_groups_ > 0) {
      job_.notes.push_back(
          fmt::format("least-squares: {} layers (or groups of a layer) get the same values for every image; their "
                      "weights were left",
                      constant_groups_));
    }
  }

  const RepairJob& job_;
  Graph& network_;
  CalibrationBatches batches_;
  Walk dense_walk_;
  Walk walk_;
  std::vector<double> omega_;
  std::size_t constant_groups_ = 0;
};

}  // namespace

void fit_least_squares(const RepairJob& job, Graph& network) {
  LeastSquares(job, network).run();
}

}  // namespace niwaki
