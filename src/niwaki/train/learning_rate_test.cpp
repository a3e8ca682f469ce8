#include "niwaki/train/learning_rate.hpp"

#include <gtest/gtest.h>

namespace niwaki {
namespace {

struct Rate {
  std::size_t total;
  std::size_t step;
  double rate;
};

TEST(LearningRate, one_cycle_is_that_of_torch) {
  const TrainOptions options{.learning_rate = 0.01, .schedule = "one-cycle"};
  // torch.optim.lr_scheduler.OneCycleLR(max_lr=0.01, total_steps=total) of PyTorch 1.13: start, rise, peak, fall, end.
  const std::vector<Rate> rates = {
      {10, 0, 0.0004},
      {10, 1, 0.0052},
      {10, 2, 0.01},
      {10, 3, 0.009504846320134737},
      {10, 9, 4e-08},
      {37, 0, 0.0004},
      {37, 5, 0.005125351302782315},
      {37, 10, 0.009997678155001542},
      {37, 11, 0.009970235941053401},
      {37, 30, 0.0012667767803223493},
      {37, 36, 4e-08},
      {100, 20, 0.007893697913739435},
      {100, 29, 0.01},
      {100, 30, 0.009994965352845242},
      {100, 99, 4e-08},
  };
  for (const Rate& expected : rates) {
    EXPECT_NEAR(learning_rate_at(options, expected.step, expected.total), expected.rate, 1e-15)
        << "step " << expected.step << " of " << expected.total;
  }
}

TEST(LearningRate, one_cycle_of_few_steps_begins_at_the_peak_and_is_never_beyond_it) {
  const TrainOptions options{.learning_rate = 0.01, .schedule = "one-cycle"};
  for (std::size_t total = 1; total < 8; ++total) {
    for (std::size_t step = 0; step < total; ++step) {
      const double rate = learning_rate_at(options, step, total);
      EXPECT_GT(rate, 0) << step << " of " << total;
      EXPECT_LE(rate, 0.01) << step << " of " << total;
    }
  }
  EXPECT_DOUBLE_EQ(learning_rate_at(options, 0, 1), 0.01);
}

TEST(LearningRate, constant_is_constant) {
  const TrainOptions options{.learning_rate = 0.02, .schedule = "constant"};
  EXPECT_EQ(learning_rate_at(options, 0, 9), 0.02);
  EXPECT_EQ(learning_rate_at(options, 8, 9), 0.02);
}

}  // namespace
}  // namespace niwaki
