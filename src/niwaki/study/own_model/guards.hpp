#pragma once

#include <string>
#include <vector>

#include "niwaki/cohort/cohort.hpp"
#include "niwaki/cohort/image_source.hpp"
#include "niwaki/core/matrix_view.hpp"
#include "niwaki/model/graph.hpp"

namespace niwaki {

/// What may be wrong with a network as it is used here, without any error being raised.
struct Suspicion {
  bool certain = false;  // nothing that follows would mean anything; else a warning
  std::string what;
  std::string what_to_do;
};

/// Outputs of several images: all the same, not finite, or probabilities where logits are expected (every value in
/// [0, 1]). `outputs`: [images, classes], 2 images or more. `said_logits`: somebody says that they are logits.
std::vector<Suspicion> suspicions_of_outputs(MatrixView<const float> outputs, bool said_logits);

/// Means and variances of the first normalisation's input over the pictures, one a channel, pictures as
/// `images.preprocessing()` says but for `scale` and `shift` of the normalised values and the order of channels.
struct InputVariant {
  double scale = 1.0;
  double shift = 0.0;
  bool reversed_channels = false;
};
struct ActivationStatistics {
  std::vector<double> mean, variance;
};
/// Empty where the network has no normalisation left before anything else than convolutions and activations.
ActivationStatistics activation_statistics(const Graph& graph, const ImageSource& images, const InputVariant& variant);

/// Whether the pictures look to the network as those it was trained on did: the statistics of what comes into its first
/// batch normalisation against the running ones that training left there. Where they are far apart, usual ways to
/// prepare pictures are tried; one that fits far better is named ("the input looks 255 times too large"). At most 64
/// pictures are looked at.
std::vector<Suspicion> suspicions_of_input(const Graph& graph, const ImageSource& images);

/// Classes that the network ranks the wrong way round (AUROC below 0.35), or that another output ranks far better than
/// their own (by 0.15, their own below 0.6): class names in the wrong order. Only classes with 20 images of either
/// kind.
std::vector<Suspicion> suspicions_of_classes(MatrixView<const float> outputs, const Cohort& cohort);

}  // namespace niwaki
