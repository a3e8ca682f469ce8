#include "niwaki/explain/explain.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/explain/explanation_for_tests.hpp"

namespace niwaki {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::ThrowsMessage;

constexpr Label kYes = Label::kPositive;
constexpr Label kNo = Label::kNegative;

/// (image, class) of each pair.
std::vector<std::pair<std::string, std::string>> pairs_of(const Explanation& explanation) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const ExplainedPair& pair : explanation.pairs) {
    pairs.emplace_back(explanation.cohort.records[pair.row].id, explanation.classes[pair.name]);
  }
  return pairs;
}

class Explaining : public testing::Test {
 protected:
  Explaining() {
    pictures_.add(0, 3, kYes, kNo);
    pictures_.add(1, 0, kNo, kYes);
    pictures_.add(2, 2, kNo, kNo);
    pictures_.add(3, 1, kYes, kYes);
  }
  void refused(const std::vector<NamedNetwork>& networks, const ExplainOptions& options, const std::string& says,
               const std::filesystem::path& boxes = {}) const {
    EXPECT_THAT([&] { static_cast<void>(pictures_.explained(networks, options, boxes)); },
                ThrowsMessage<InputError>(HasSubstr(says)));
  }

  SpottedPictures pictures_;
};

TEST_F(Explaining, is_of_labelled_findings_and_else_of_the_highest_logit) {
  const Explanation explanation = pictures_.explained({bright_or_dark("a")});
  EXPECT_THAT(pairs_of(explanation), ElementsAre(Pair("i0", "Edema"), Pair("i1", "Mass"), Pair("i2", "Edema"),
                                                 Pair("i3", "Edema"), Pair("i3", "Mass")));
  EXPECT_EQ(explanation.pairs[0].label, kYes);
  EXPECT_EQ(explanation.pairs[2].label, kNo);
  EXPECT_FALSE(explanation.networks[0].figures[0].correlation);
  EXPECT_FALSE(explanation.pairs[0].boxes);
}

TEST_F(Explaining, of_a_chosen_class_is_of_every_image) {
  const Explanation explanation = pictures_.explained({bright_or_dark("a")}, {.maps = {}, .classes = {"mass", "Mass"}});
  EXPECT_THAT(pairs_of(explanation),
              ElementsAre(Pair("i0", "Mass"), Pair("i1", "Mass"), Pair("i2", "Mass"), Pair("i3", "Mass")));
  for (const MapFigures& figures : explanation.networks[0].figures) {
    EXPECT_TRUE(figures.flat);  // what is bright speaks against it
    EXPECT_FALSE(figures.peak_x);
  }
}

TEST_F(Explaining, peaks_are_in_pixels_of_the_files_own_picture) {
  const MapFigures figures = pictures_.explained({bright_or_dark("a")}).networks[0].figures[0];
  EXPECT_FALSE(figures.tied);
  EXPECT_EQ(figures.peak_x, 14.0);  // the last cell of four, in 16 pixels
  EXPECT_EQ(figures.peak_y, 2.0);
}

TEST_F(Explaining, a_network_beside_itself_moved_nothing) {
  const Explanation explanation = pictures_.explained({bright_or_dark("a"), bright_or_dark("b")});
  EXPECT_NEAR(*explanation.networks[1].figures[0].correlation, 1.0, 1e-12);
  EXPECT_EQ(explanation.networks[1].figures[0].overlap, 1.0);
}

TEST_F(Explaining, a_network_that_is_blind_on_one_side_moved) {
  const Explanation explanation = pictures_.explained({bright_or_dark("a"), half_blind("b")});
  const std::vector<MapFigures>& figures = explanation.networks[1].figures;
  EXPECT_LT(*figures[0].correlation, 0.6);
  EXPECT_LT(*figures[0].peak_x, 8.0);  // the spot is on the right
  // Of the top two cells: the spot and a quarter of each of the lowest four, against the left two of these.
  EXPECT_EQ(figures[0].overlap, 0.25);
  // The spot is on the left: it and a third of each of the others, against it and the one beside it.
  EXPECT_NEAR(*figures[3].overlap, 2.0 / 3, 1e-12);
}

TEST_F(Explaining, with_boxes_is_of_what_is_boxed_and_held_to_the_boxes) {
  const auto boxes = pictures_.boxes(
      "i0,Edema,12,0,4,4,16,16\ni1,Edema,12,0,4,4,16,16\ni1,Edema,0,4,4,4,16,16\ni3,Edema,12,12,4,4,16,16\n"
      "x,Edema,0,0,1,1,9,9\ni0,Hernia,0,0,1,1,9,9\n");
  const Explanation explanation = pictures_.explained({bright_or_dark("a"), half_blind("b")}, {}, boxes);
  EXPECT_THAT(pairs_of(explanation), ElementsAre(Pair("i0", "Edema"), Pair("i1", "Edema"), Pair("i3", "Edema")));
  EXPECT_EQ(explanation.cohort.size(), 3U);
  EXPECT_EQ(explanation.networks[0].figures[0].hit, true);
  EXPECT_EQ(explanation.networks[0].figures[1].hit, true);  // by the second of its boxes
  EXPECT_EQ(explanation.networks[0].figures[2].hit, false);
  EXPECT_EQ(explanation.networks[1].figures[0].hit, false);
  EXPECT_EQ(explanation.pairs[0].by_chance, 1.0 / 16);
  EXPECT_EQ(explanation.pairs[1].by_chance, 2.0 / 16);
  EXPECT_EQ(explanation.pairs[0].centre_hits, false);
  EXPECT_EQ(explanation.boxes_without_image, 1U);
  EXPECT_EQ(explanation.boxes_without_class, 1U);
  EXPECT_THAT(explanation.boxed_unknown, ElementsAre("Hernia"));
  EXPECT_EQ(explanation.summaries[0].networks[1].change->lost, 1U);
}

TEST_F(Explaining, no_image_with_a_box_is_refused) {
  refused({bright_or_dark("a")}, {}, "no box belongs to an image", pictures_.boxes("x,Edema,0,0,1,1,9,9\n"));
  refused({bright_or_dark("a")}, {.maps = {}, .classes = {"Mass"}}, "no box belongs to an image",
          pictures_.boxes("i0,Edema,0,0,1,1,9,9\n"));
}

TEST_F(Explaining, unknown_classes_are_refused_with_the_nearest_name) {
  refused({bright_or_dark("net.onnx")}, {.maps = {}, .classes = {"Maas"}}, "Mass");
}

TEST_F(Explaining, networks_of_other_classes_or_of_none_are_refused_by_name) {
  NamedNetwork other = bright_or_dark("pruned.onnx");
  other.graph.classes = {"Mass", "Edema"};
  refused({bright_or_dark("dense.onnx"), other}, {}, "pruned.onnx");
  refused({bright_or_dark("dense.onnx"), other}, {}, "(Mass, Edema) are not those of dense.onnx (Edema, Mass)");
  other.graph.classes.clear();
  refused({bright_or_dark("dense.onnx"), other}, {}, "does not name its classes");
}

TEST_F(Explaining, networks_that_overflow_are_refused_by_name) {
  const NamedNetwork huge = weighing_network("huge.onnx", std::vector<float>(64, std::numeric_limits<float>::max()),
                                             std::vector<float>(64, 0.0F));
  refused({bright_or_dark("a"), huge}, {.maps = {}, .classes = {"Edema"}}, "huge.onnx");
}

TEST_F(Explaining, cells_that_lie_elsewhere_are_compared_pixel_by_pixel) {
  const auto filtering = [](const std::string& name, std::int64_t stride) {
    NamedNetwork network{.name = name, .graph = {}};
    network.graph.classes = {"Edema", "Mass"};
    network.graph.add_tensor("filter", {{1, 1, 2, 2}, std::vector<float>(4, 1.0F)});
    network.graph.add_tensor("weight", {{2, 1}, {1.0F, -1.0F}});
    network.graph.nodes = {{"filtered", Convolution{.strides = {stride, stride}}, {"input", "filter"}, "filtered"},
                           {"pool", GlobalAveragePool{}, {"filtered"}, "pooled"},
                           {"flatten", Flatten{}, {"pooled"}, "flat"},
                           {"linear", Linear{}, {"flat", "weight"}, "logits"}};
    return network;
  };
  const Explanation explanation = pictures_.explained_as_asked({filtering("fine", 1), filtering("coarse", 2)}, {});
  EXPECT_EQ(explanation.networks[0].grid.rows(), 7U);
  EXPECT_EQ(explanation.networks[1].grid.rows(), 4U);
  EXPECT_GT(*explanation.networks[1].figures[0].correlation, 0.9);
  EXPECT_LT(*explanation.networks[1].figures[0].correlation, 1.0);
  EXPECT_TRUE(explanation.networks[1].figures[1].flat);
  EXPECT_FALSE(explanation.networks[1].figures[1].correlation);
}

TEST_F(Explaining, pictures_may_come_from_anywhere) {
  SilentProgress silent;
  const Preprocessing grey{.channels = 1, .height = 8, .width = 8, .mean = {0.0F}, .deviation = {1.0F}};
  const ExplainOptions options{
      .maps = {.method = MapMethod::kOcclusion, .patch = 2, .stride = 2, .engine = EngineKind::kReference}};
  const std::vector<NamedNetwork> networks = {bright_or_dark("a"), half_blind("b")};
  ImagesToExplain images{
      .cohort = pictures_.cohort().subset(std::vector<std::size_t>{3, 0}), .read = {}, .classes = {}};
  images.read = [&](std::size_t row) { return read_image(pictures_.folder() / (row == 0 ? "3.png" : "0.png")); };
  images.classes = {{1}, {}};  // Mass, though Edema is labelled too; and the highest logit
  const Explanation explanation = explain(networks, images, grey, options, silent);
  EXPECT_THAT(pairs_of(explanation), ElementsAre(Pair("i3", "Mass"), Pair("i0", "Edema")));
  const Explanation of_files = pictures_.explained(networks);  // i0 Edema first, i3 Mass last
  EXPECT_EQ(explanation.networks[1].maps[0], of_files.networks[1].maps.back());
  EXPECT_EQ(explanation.networks[1].maps[1], of_files.networks[1].maps.front());
  EXPECT_EQ(explanation.networks[0].figures[1].peak_x, of_files.networks[0].figures[0].peak_x);
  EXPECT_EQ(explanation.summaries[0].maps, 2U);
}

TEST(ExplainOptions, out_of_range_are_refused_by_name) {
  const auto refused = [](const ExplainOptions& options, const std::string& says) {
    EXPECT_THAT([&] { options.check(); }, ThrowsMessage<InputError>(HasSubstr(says)));
  };
  ExplainOptions options;
  options.check();
  options.top_share = 1.0;
  refused(options, "--top-share");
  options = {};
  options.tolerance = std::numeric_limits<double>::quiet_NaN();
  refused(options, "--tolerance");
  options = {};
  options.estimates.minimum_patients = 1;
  refused(options, "--minimum-patients");
  options = {};
  options.estimates.resamples = 1'000'001;
  refused(options, "--bootstrap");
}

}  // namespace
}  // namespace niwaki
