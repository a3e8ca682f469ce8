#include <utility>

#include "niwaki/train/fine_tune.hpp"
#include "niwaki/train/repair/own_repairs.hpp"

namespace niwaki {
namespace {

/// Tells a repair's progress, in its own units, of images.
class ScaledProgress : public Progress {
 public:
  ScaledProgress(Progress& progress, double scale) : progress_(progress), scale_(scale) {}
  void start(const std::string& /*job*/, double /*total*/) override {}
  void say(const std::string& now) override { progress_.say(now); }
  void advance(double amount) override { progress_.advance(amount * scale_); }
  void finish() override {}

 private:
  Progress& progress_;
  double scale_;
};

}  // namespace

void fine_tune(const RepairJob& job, Graph& network) {
  const FineTuneOptions& options = job.options.fine_tune;
  const LabelledImages& images = job.options.training.images != nullptr ? job.options.training : job.calibration;
  const double promised = repair_entry("fine-tune").cost * static_cast<double>(job.calibration.images->size());
  const double work = static_cast<double>(options.epochs * images.images->size());
  ScaledProgress progress(job.progress, work > 0 ? promised / work : 0);
  network = fine_tuned(job.dense, network, images, options, progress).network;
}

}  // namespace niwaki
