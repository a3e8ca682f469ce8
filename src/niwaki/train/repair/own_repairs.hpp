#pragma once

#include "niwaki/train/repair/repair.hpp"

namespace niwaki {

/// Batch normalisation estimated again: each running mean and (unbiased) variance becomes that of all calibration
/// images pooled, layer by layer, so that a layer's input is what the repaired network will give it in use. Throws
/// InputError where the network has no normalisation.
void reestimate_normalisation(const RepairJob& job, Graph& network);

/// REPAIR (Jordan et al., ICLR 2023), sequential: every channel of every convolution and linear layer gets the mean and
/// the standard deviation that it has in the dense network.
void match_variance(const RepairJob& job, Graph& network);

/// Each row of every convolution and linear layer is the damped least-squares fit, on its kept weights, of the dense
/// network's output by the repaired network's input (Hassibi & Stork 1993; OBC: Frantar & Alistarh, NeurIPS 2022,
/// whose H this is).
void fit_least_squares(const RepairJob& job, Graph& network);

/// fine_tuned() by options.fine_tune on options.training, or on the calibration images where that has none. Throws
/// InputError where these come without labels.
void fine_tune(const RepairJob& job, Graph& network);

}  // namespace niwaki
