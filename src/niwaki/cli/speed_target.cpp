#include "niwaki/cli/speed_target.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "niwaki/budget/loss_images.hpp"
#include "niwaki/cohort/chosen_images.hpp"
#include "niwaki/cohort/image_batches.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"

namespace niwaki {
void SpeedTarget::add_to(CLI::App& verb) {
  verb.add_option("--target-speedup", speedup,
                  "Instead of --sparsity: how many times as fast as the dense network, on this machine");
  verb.add_option("--batch", batch, "For --target-speedup: images that are predicted together")->capture_default_str();
  verb.add_option("--loss-images", images,
                  "For --target-speedup: images that losses are measured on, drawn so that rare findings are many")
      ->capture_default_str();
}

BudgetedNetwork SpeedTarget::run(const Graph& dense, const Importance& importance, const Cohort& cohort,
                                 const ImageSource& pictures, std::uint64_t seed, Progress& progress) const {
  if (class_count(dense) != cohort.classes.size()) {
    throw InputError(fmt::format("the network gives {} logits, the label file has {} classes", class_count(dense),
                                 cohort.classes.size()),
                     "--labels", "give the label file of the network's own classes");
  }
  const auto [rows, weights] = loss_images(cohort.label_view(), images, seed);
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
  return prune_to_speed(dense, importance, {pixels, shape, measured.label_view(), weights}, options, progress);
}

std::string speed_text(const BudgetedNetwork& network, const SpeedTarget& target,
                       const std::vector<std::string>& classes) {
  constexpr double kMilli = 1e3;
  const auto worst =
      static_cast<std::size_t>(std::ranges::max_element(network.class_losses) - network.class_losses.begin());
  const std::string name = worst < classes.size() ? classes[worst] : fmt::format("number {}", worst);
  constexpr double kPercent = 100;
  return fmt::format(
      "{:.2f} times as fast: {:.3f} instead of {:.3f} ms an image, {} at a time, {} thread{}; on the images measured "
      "the class that comes off worst, {}, loses about {:.1f}% of its average precision (the search began with "
      "{:.1f}%)",
      network.speedup(), network.seconds * kMilli, network.dense_seconds * kMilli, target.batch, thread_count(),
      thread_count() == 1 ? "" : "s", name, kPercent * network.class_losses[worst],
      kPercent * std::ranges::max(network.start_losses));
}

}  // namespace niwaki
