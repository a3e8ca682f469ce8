#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "niwaki/core/progress.hpp"
#include "niwaki/imaging/image.hpp"
#include "niwaki/model/graph.hpp"
#include "niwaki/train/class_constraints.hpp"
#include "niwaki/train/losses.hpp"
#include "niwaki/train/train.hpp"

namespace niwaki {

struct FineTuneOptions {
  std::size_t epochs = 12;      // passes through the training images; 0 gives the network back as it came
  double learning_rate = 2e-3;  // Adam's highest, of one cycle over all steps; above 0
  std::size_t batch = 64;       // images a step, at least 1
  double distillation = 0.5;    // share of the objective that comes from the dense network, 0 to 1
  double temperature = 1;       // at which its probabilities are matched, 0.1 to 100
  ConstraintOptions constraints;
  LossOptions loss;  // of the labels
  Augmentation augmentation;
  std::string device = "auto";  // "cpu", "cuda", "auto" (CUDA where libtorch has it)
  std::uint64_t seed = 1;       // of the streams "fine-tune/..."
  void check() const;           // throws InputError naming the field ("finetune.learning_rate")
};

struct FineTuneEpoch {
  std::size_t number = 0;    // 1 first
  double learning_rate = 0;  // of its last step
  std::vector<ClassStanding> classes;
};

struct FineTuneResult {
  Graph network;  // after the last step; the zeros of the one that came in are zeros still, exactly
  std::vector<FineTuneEpoch> history;
};

/// Trains what pruning left of a network, a few epochs: by Learner's Objective, the dense network as the teacher, on
/// the same augmented pictures (Beyer et al., CVPR 2022: a teacher helps most where it sees what the pupil sees),
/// classes weighted by ClassConstraints. Weights of prunable layers that are 0 in `pruned` stay +0 and have no
/// optimiser state, after every step. `pruned` may have fewer channels than `dense`; pictures and classes are the same.
/// The epoch chosen is always the last, so no validation image is used up. Same inputs, same number of threads: same
/// bytes (on the CPU); there is no clock in it. Throws Interrupted on cancellation, InputError where the networks
/// differ in classes, a picture cannot be read, no label is known, or the loss becomes NaN or infinite. `progress`
/// hears of train.images x options.epochs images.
FineTuneResult fine_tuned(const Graph& dense, const Graph& pruned, const LabelledImages& train,
                          const FineTuneOptions& options, Progress& progress);

}  // namespace niwaki
