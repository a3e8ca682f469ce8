#pragma once

#include <cstddef>
#include <string>

#include "niwaki/model/graph.hpp"

namespace niwaki {

/// What became of a network's batch normalisation before it came here.
enum class Normalisation {
  kKept,      // as nodes
  kFolded,    // into the convolutions, as exporters do unless told otherwise: these have biases of their own instead
  kPartly,    // folded where a convolution comes right before it, kept elsewhere (DenseNets)
  kNoneSeen,  // neither nodes nor biases tell of one
};

/// Told by the convolutions of images: with normalisation after them they have no bias, with a folded one they have.
/// (The convolutions of a squeeze and excitation, on one pixel, have biases in any case.) A network that was made
/// without normalisation, as the first VGGs, cannot be told from a folded one.
Normalisation normalisation_of(const Graph& graph);

/// "kept", "folded", "partly folded", "none".
std::string name_of(Normalisation normalisation);

/// What a folded normalisation means for criteria that go by the magnitude of weights; "" where none is folded.
std::string folding_note(Normalisation normalisation);

}  // namespace niwaki
