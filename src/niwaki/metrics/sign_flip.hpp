#pragma once

#include <cstdint>
#include <span>

namespace niwaki {

/// Exact two-sided p-value of paired differences being as likely to point one way as the other (Fisher's randomisation
/// test for pairs, The Design of Experiments, 1935, 21): how often a sum at least as far from 0 arises when each
/// difference takes either sign with probability 1/2. One difference a patient, of whole numbers: hits of one system
/// less those of another over the patient's images. Where every difference is -1, 0 or 1 (one image a patient) this is
/// McNemar's exact test: twice the binomial tail of the smaller number of discordant pairs. 1 where all are 0.
/// The sum of their sizes is at most 10^6.
double sign_flip_p(std::span<const std::int64_t> differences);

}  // namespace niwaki
