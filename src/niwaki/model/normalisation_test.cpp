#include "niwaki/model/normalisation.hpp"

#include <gtest/gtest.h>

#include "niwaki/model/folding.hpp"
#include "niwaki/model/zoo/zoo.hpp"

namespace niwaki {
namespace {

Graph build(const std::string& architecture) {
  RandomStream random(1, "test");
  return build_network(architecture, {"a", "b"}, imagenet_preprocessing(3, 64, 64), random);
}

TEST(Normalisation, networks_of_the_zoo_keep_theirs) {
  for (const char* architecture : {"resnet-small", "densenet121", "mobilenet_v3_small", "efficientnet_b0"}) {
    EXPECT_EQ(normalisation_of(build(architecture)), Normalisation::kKept) << architecture;
  }
}

TEST(Normalisation, folded_ones_are_told_apart) {
  for (const char* architecture : {"resnet-small", "mobilenet_v3_small", "efficientnet_b0"}) {
    EXPECT_EQ(normalisation_of(with_folded_normalisation(build(architecture))), Normalisation::kFolded) << architecture;
  }
  EXPECT_EQ(normalisation_of(with_folded_normalisation(build("densenet121"))), Normalisation::kPartly);
}

TEST(Normalisation, a_note_comes_with_folded_ones_alone) {
  EXPECT_EQ(folding_note(Normalisation::kKept), "");
  EXPECT_EQ(folding_note(Normalisation::kNoneSeen), "");
  EXPECT_NE(folding_note(Normalisation::kPartly), "");
}

}  // namespace
}  // namespace niwaki
