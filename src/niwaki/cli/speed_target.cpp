#include "niwaki/cli/speed_target.hpp"

#include <algorithm>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "niwaki/cohort/chosen_images.hpp"
#include "niwaki/cohort/image_batches.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/study/calibration.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kPositives = 16;  // of each class, where the cohort has them

/// Rows drawn by patient, and the first positives of each class that has fewer than kPositives among them.
std::vector<std::size_t> rows_to_measure_on(const Cohort& cohort, std::size_t images, std::uint64_t seed) {
  const std::vector<std::size_t> drawn = calibration_rows(cohort, images, seed);
  std::set<std::size_t> rows(drawn.begin(), drawn.end());
  const MatrixView<const Label> labels = cohort.label_view();
  for (std::size_t c = 0; c < labels.columns(); ++c) {
    auto found = static_cast<std::size_t>(
        std::ranges::count_if(rows, [&](std::size_t row) { return labels(row, c) == Label::kPositive; }));
    for (std::size_t row = 0; row < labels.rows() && found < kPositives; ++row) {
      found += labels(row, c) == Label::kPositive && rows.insert(row).second ? 1 : 0;
    }
  }
  return {rows.begin(), rows.end()};
}

}  // namespace

void SpeedTarget::add_to(CLI::App& verb) {
  verb.add_option("--target-speedup", speedup,
                  "Instead of --sparsity: how many times as fast as the dense network, on this machine");
  verb.add_option("--batch", batch, "For --target-speedup: images that are predicted together")->capture_default_str();
  verb.add_option("--loss-images", images,
                  "For --target-speedup: images that losses are measured on, at most, rare positives aside")
      ->capture_default_str();
}

BudgetedNetwork SpeedTarget::run(const Graph& dense, const Importance& importance, const Cohort& cohort,
                                 const ImageSource& pictures, std::uint64_t seed, Progress& progress) const {
  if (class_count(dense) != cohort.classes.size()) {
    throw InputError(fmt::format("the network gives {} logits, the label file has {} classes", class_count(dense),
                                 cohort.classes.size()),
                     "--labels", "give the label file of the network's own classes");
  }
  const std::vector<std::size_t> rows = rows_to_measure_on(cohort, images, seed);
  const auto chosen = chosen_images(pictures, rows);
  const Cohort measured = cohort.subset(rows);
  const Preprocessing& input = pictures.preprocessing();
  std::vector<float> pixels;
  pixels.reserve(rows.size() * input.values());
  for_each_batch(*chosen, 64, [&](const ImageBatch& batch_read) {
    pixels.insert(pixels.end(), batch_read.pixels.begin(), batch_read.pixels.end());
  });
  const Shape shape = {static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(input.channels),
                       static_cast<std::int64_t>(input.height), static_cast<std::int64_t>(input.width)};
  const SpeedOptions options{.speedup = speedup, .batch = batch};
  return prune_to_speed(dense, importance, {pixels, shape, measured.label_view()}, options, progress);
}

std::string speed_text(const BudgetedNetwork& network, const SpeedTarget& target,
                       const std::vector<std::string>& classes) {
  constexpr double kMilli = 1e3;
  const auto worst =
      static_cast<std::size_t>(std::ranges::max_element(network.class_losses) - network.class_losses.begin());
  const std::string name = worst < classes.size() ? classes[worst] : fmt::format("number {}", worst);
  return fmt::format(
      "{:.2f} times as fast: {:.3f} instead of {:.3f} ms an image, {} at a time, {} thread{}; least is kept of {}, "
      "whose logits correlate {:.3f} with the dense network's on the images measured (the search began with a worst "
      "class at {:.3f})",
      network.speedup(), network.seconds * kMilli, network.dense_seconds * kMilli, target.batch, thread_count(),
      thread_count() == 1 ? "" : "s", name, correlation_of(network.class_losses[worst]),
      correlation_of(std::ranges::max(network.start_losses)));
}

}  // namespace niwaki
