// The values and derivatives of training losses, for a script that holds them to PyTorch's.
//   niwaki_loss_export < CASES
// A case is two lines: the loss's name and its numbers (weight_cap focal_gamma gamma_positive gamma_negative
// probability_shift effective_beta largest_margin reweighted classes rows), then rows x classes pairs "logit label",
// the label -1 where it is unknown; the labels are the training labels too. Each pair's "value derivative" comes back
// on a line of its own.
#include <iostream>
#include <vector>

#include <fmt/format.h>

#include "niwaki/train/losses.hpp"

int main() {
  niwaki::LossOptions options;
  bool reweighted = false;
  std::size_t classes = 0;
  std::size_t rows = 0;
  try {
    while (std::cin >> options.name >> options.weight_cap >> options.focal_gamma >> options.gamma_positive >>
           options.gamma_negative >> options.probability_shift >> options.effective_beta >> options.largest_margin >>
           reweighted >> classes >> rows) {
      std::vector<float> logits(rows * classes);
      std::vector<niwaki::Label> labels(logits.size());
      for (std::size_t i = 0; i < logits.size(); ++i) {
        int label = 0;
        std::cin >> logits[i] >> label;
        labels[i] = static_cast<niwaki::Label>(label);
      }
      niwaki::LabelLoss loss = niwaki::label_loss(options, {labels.data(), rows, classes});
      loss.reweighted = reweighted;
      const niwaki::LossValues found =
          niwaki::loss_values(loss, {logits.data(), rows, classes}, {labels.data(), rows, classes});
      for (std::size_t i = 0; i < logits.size(); ++i) {
        fmt::print("{:.17g} {:.17g}\n", found.values[i], found.derivatives[i]);
      }
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
