#include "niwaki/cohort/phantom/signs.hpp"

namespace niwaki::phantom {
namespace {

// Chronic findings (scars, calcium, a large heart) stay with the patient; acute ones (fluid, infection, air after a
// procedure) come and go. Emphysema and subcutaneous emphysema, which nearly always meet in the labels, must be
// alike, or their correlation could not be kept.
constexpr std::array<SignPainter, kFindings> kPainters = {{
    {Finding::kAtelectasis, 0.35, 0.50F, collapse_lung, paint_atelectasis},
    {Finding::kCardiomegaly, 0.75, 0.55F, enlarge_heart, nullptr},
    {Finding::kConsolidation, 0.35, 0.50F, nullptr, paint_consolidation},
    {Finding::kEdema, 0.35, 0.50F, nullptr, paint_edema},
    {Finding::kEffusion, 0.45, 0.50F, nullptr, paint_effusion},
    {Finding::kEmphysema, 0.60, 0.50F, hyperinflate, paint_emphysema},
    {Finding::kFibrosis, 0.75, 0.50F, shrink_bases, paint_fibrosis},
    {Finding::kHernia, 0.75, 0.62F, nullptr, paint_hernia},
    {Finding::kInfiltration, 0.35, 0.45F, nullptr, paint_infiltration},
    {Finding::kMass, 0.70, 0.60F, nullptr, paint_mass},
    {Finding::kNodule, 0.70, 0.55F, nullptr, paint_nodule},
    {Finding::kPleuralThickening, 0.70, 0.50F, nullptr, paint_pleural_thickening},
    {Finding::kPneumonia, 0.30, 0.55F, nullptr, paint_pneumonia},
    {Finding::kPneumothorax, 0.40, 0.50F, nullptr, paint_pneumothorax},
    {Finding::kPneumoperitoneum, 0.35, 0.62F, nullptr, paint_pneumoperitoneum},
    {Finding::kPneumomediastinum, 0.40, 0.62F, nullptr, paint_pneumomediastinum},
    {Finding::kSubcutaneousEmphysema, 0.55, 0.50F, nullptr, paint_subcutaneous_emphysema},
    {Finding::kTortuousAorta, 0.75, 0.65F, unfold_aorta, nullptr},
    {Finding::kCalcificationOfTheAorta, 0.75, 0.70F, nullptr, paint_aortic_calcification},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kFindings; ++i) {
    if (static_cast<std::size_t>(kPainters[i].finding) != i) {
      return false;
    }
  }
  return true;
}
static_assert(in_order(), "painters stand in the order of Finding");

}  // namespace

const std::array<SignPainter, kFindings>& sign_painters() {
  return kPainters;
}

}  // namespace niwaki::phantom
