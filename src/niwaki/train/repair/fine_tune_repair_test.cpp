#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/prune/criterion.hpp"
#include "niwaki/train/repair/repair.hpp"
#include "niwaki/train/repair/repair_networks.hpp"

namespace niwaki {
namespace {

using namespace testing_networks;
using ::testing::HasSubstr;

const Graph& dense() {
  static const Graph graph = repair_network("residual");
  return graph;
}

const Graph& half() {
  static const Graph graph = pruned(dense(), "l1", 0.5, RandomStream(1, "prune/l1"));
  return graph;
}

RepairOptions options() {
  return {.repairs = {"fine-tune"}, .fine_tune = {.epochs = 2, .batch = 8, .device = "cpu"}};
}

/// Sums what it hears.
class Listener : public SilentProgress {
 public:
  void advance(double amount) override { total += amount; }
  double total = 0;
};

TEST(FineTuneRepair, is_fine_tuning_on_all_training_images) {
  const Calibration few(dense(), 20, 1);
  const Calibration all(dense(), 50, 2);
  RepairOptions choice = options();
  choice.training = all.labelled();
  Listener progress;
  const Graph repaired_graph = repaired(dense(), half(), few.labelled(), choice, progress).graph;
  const Graph expected = fine_tuned(dense(), half(), all.labelled(), choice.fine_tune, few.silent()).network;
  EXPECT_EQ(repaired_graph.tensors, expected.tensors);
  EXPECT_EQ(mask_of_zeros(repaired_graph), mask_of_zeros(half()));
  EXPECT_NEAR(progress.total, repair_cost({"fine-tune"}) * 20, 1e-6);
}

TEST(FineTuneRepair, on_calibration_images_where_there_are_no_others) {
  const Calibration few(dense(), 20, 1);
  EXPECT_EQ(repaired(dense(), half(), few.labelled(), options(), few.silent()).graph.tensors,
            fine_tuned(dense(), half(), few.labelled(), options().fine_tune, few.silent()).network.tensors);
}

TEST(FineTuneRepair, works_after_other_repairs_and_wants_labels) {
  const Calibration few(dense(), 20, 1);
  RepairOptions choice = options();
  choice.repairs = {"least-squares", "fine-tune", "batch-norm"};
  EXPECT_EQ(mask_of_zeros(repaired(dense(), half(), few.labelled(), choice, few.silent()).graph),
            mask_of_zeros(half()));
  try {
    repaired(dense(), half(), few.unlabelled(), choice, few.silent());
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'fine-tune' needs labels"));
  }
}

}  // namespace
}  // namespace niwaki
