#include "niwaki/report/exemplar_maps.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/folder_for_tests.hpp"
#include "niwaki/core/hash.hpp"
#include "niwaki/report/example_result.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::SizeIs;
using testing::ThrowsMessage;
using Json = nlohmann::json;

constexpr const char* kData = "hash of the cohort";

/// As much of a grey JPEG as says how large it is.
std::string jpeg(std::size_t height, std::size_t width) {
  std::string text = "\xFF\xD8\xFF\xE0";
  text += std::string("\0\4xx\xFF\xC0\0\x0B\x08", 9);
  for (const std::size_t number : {height >> 8, height, width >> 8, width}) {
    text += static_cast<char>(number & 0xFF);
  }
  return text + std::string("\1\1\x11\0", 4);
}
const std::string kJpeg = jpeg(96, 96);

/// A study of two methods whose networks are a few bytes, with the maps of l1's two exemplars.
class ExemplarMapsTest : public testing::Test {
 protected:
  ExemplarMapsTest() {
    std::string manifest = "method,seed,sparsity,path\n";
    for (const char* seed : {"0", "1"}) {
      add_network("l1", seed, "0", "0.00", manifest);
      for (const char* method : {"l1", "random"}) {
        add_network(method, seed, "0.5", "0.50", manifest);
        add_network(method, seed, "0.9", "0.90", manifest);
      }
    }
    make_folder(study_ / "scores");
    write_file(study_ / "scores/scores.csv", manifest);
    write_method_maps(study_ / "", maps());
  }

  void add_network(const std::string& method, const std::string& seed, const std::string& sparsity,
                   const std::string& name, std::string& manifest) const {
    const std::string path = fmt::format("{}/seed-{}/sparsity-{}", method, seed, name);
    make_folder((study_ / ("models/" + path)).parent_path());
    write_file(network(path), "network " + path);
    manifest += fmt::format("{},{},{},{}.npy\n", method, seed, sparsity, path);
  }
  [[nodiscard]] fs::path network(const std::string& path) const { return study_ / ("models/" + path + ".onnx.zst"); }
  [[nodiscard]] MappedNetwork mapped(MappedRole role, std::uint64_t seed, double sparsity,
                                     const std::string& path) const {
    return {.role = role,
            .seed = seed,
            .sparsity = sparsity,
            .sha256 = sha256_file(network(path)),
            .layer = "layer4",
            .rows = 4,
            .columns = 4};
  }
  [[nodiscard]] MethodMaps maps() const {
    const auto three = [](double p) {
      return std::vector<ExemplarMap>{
          {p, false, {}, kJpeg + "0"}, {p / 2, false, 0.25, kJpeg + "1"}, {0.0, true, {}, ""}};
    };
    return {.method = "l1",
            .sparsity = 0.9,
            .kind = "grad-cam",
            .data = kData,
            .networks = {mapped(MappedRole::kDense, 0, 0.0, "l1/seed-0/sparsity-0.00"),
                         mapped(MappedRole::kPruned, 0, 0.9, "l1/seed-0/sparsity-0.90"),
                         mapped(MappedRole::kAnotherTraining, 1, 0.0, "l1/seed-1/sparsity-0.00")},
            .exemplars = {{"b.png", "Pneumothorax", three(0.5)}, {"a.png", "Edema", three(0.75)}}};
  }
  [[nodiscard]] std::vector<MapsOnPage> read(std::size_t shown = 24) const {
    return read_exemplar_maps(study_ / "", kData, example_result(), shown);
  }
  [[nodiscard]] fs::path folder() const { return study_ / "explain/l1"; }
  [[nodiscard]] fs::path index() const { return folder() / "exemplars.json"; }
  [[nodiscard]] Json document() const { return Json::parse(read_file(index())); }
  void rewrite(const std::function<void(Json&)>& change) const {
    Json changed = document();
    change(changed);
    write_file(index(), changed.dump());
  }
  void refused(const std::string& says) const {
    EXPECT_THAT([&] { (void)read(); }, ThrowsMessage<InputError>(HasSubstr(says)));
  }
  /// The index with this change is refused with these words.
  void refused(const std::function<void(Json&)>& change, const std::string& says) const {
    const std::string before = read_file(index());
    rewrite(change);
    refused(says);
    write_file(index(), before);
    ASSERT_THAT(read(), SizeIs(1));
  }

  FolderForTests study_{"exemplar-maps"};
};

TEST_F(ExemplarMapsTest, are_read_as_they_were_written) {
  const std::vector<MapsOnPage> found = read();
  ASSERT_THAT(found, SizeIs(1));  // nothing was made for random
  EXPECT_FALSE(found[0].stale);
  EXPECT_EQ(found[0].method, "l1");
  const MethodMaps& read = found[0].maps;
  EXPECT_EQ(read.kind, "grad-cam");
  ASSERT_THAT(read.networks, SizeIs(3));
  EXPECT_EQ(read.networks[2].role, MappedRole::kAnotherTraining);
  EXPECT_EQ(read.networks[2].seed, 1U);
  EXPECT_EQ(read.networks[0].layer, "layer4");
  ASSERT_THAT(read.exemplars, SizeIs(2));
  EXPECT_EQ(read.exemplars[1].id, "a.png");
  EXPECT_EQ(read.exemplars[1].finding, "Edema");
  EXPECT_EQ(read.exemplars[1].maps[0].picture, kJpeg + "0");
  EXPECT_EQ(read.exemplars[1].maps[1].probability, 0.375);
  EXPECT_EQ(read.exemplars[1].maps[1].correlation, 0.25);
  EXPECT_TRUE(read.exemplars[1].maps[2].flat);
  EXPECT_FALSE(read.exemplars[1].maps[2].correlation);
}

TEST_F(ExemplarMapsTest, the_index_records_each_network_file) {
  const Json written = document();
  EXPECT_EQ(written["networks"][1]["sha256"], sha256_file(network("l1/seed-0/sparsity-0.90")));
  EXPECT_EQ(written["networks"][1]["method"], "l1");
  EXPECT_TRUE(written["networks"][0]["method"].is_null());
  EXPECT_EQ(written["exemplars"][1]["maps"][1]["picture"], "exemplars/0001-1.jpg");
  EXPECT_TRUE(written["exemplars"][1]["maps"][2]["picture"].is_null());
}

TEST_F(ExemplarMapsTest, of_a_network_that_changed_or_went_do_not_count) {
  for (const char* path : {"l1/seed-0/sparsity-0.00", "l1/seed-0/sparsity-0.90", "l1/seed-1/sparsity-0.00"}) {
    const std::string before = read_file(network(path));
    write_file(network(path), "another network");
    EXPECT_EQ(read()[0].stale, StaleMaps::kNetworks) << path;
    EXPECT_TRUE(read()[0].maps.exemplars.empty()) << path;
    fs::remove(network(path));
    EXPECT_EQ(read()[0].stale, StaleMaps::kNetworks) << path;
    write_file(network(path), before);
    EXPECT_FALSE(read()[0].stale) << path;
  }
  write_file(network("l1/seed-1/sparsity-0.90"), "a network that no map is of");
  EXPECT_FALSE(read()[0].stale);
}

TEST_F(ExemplarMapsTest, of_other_data_or_another_sparsity_do_not_count) {
  EXPECT_EQ(read_exemplar_maps(study_ / "", "another cohort", example_result(), 24)[0].stale, StaleMaps::kData);
  AuditResult elsewhere = example_result();
  elsewhere.methods[0].exemplars.sparsity = 0.5;
  EXPECT_EQ(read_exemplar_maps(study_ / "", kData, elsewhere, 24)[0].stale, StaleMaps::kSparsity);
  rewrite([](Json& index) { index["networks"][1]["sparsity"] = 0.5; });
  EXPECT_EQ(read()[0].stale, StaleMaps::kSparsity);
}

TEST_F(ExemplarMapsTest, are_of_exemplars_that_the_page_shows) {
  EXPECT_THAT(read(1)[0].maps.exemplars, SizeIs(1));
  EXPECT_EQ(read(1)[0].maps.exemplars[0].id, "b.png");
  EXPECT_TRUE(read(0)[0].maps.exemplars.empty());
  rewrite([](Json& index) {
    index["exemplars"][1]["id"] = "stranger.png";
    index["exemplars"][1]["class"] = "of which nothing is known";
  });
  EXPECT_THAT(read()[0].maps.exemplars, SizeIs(1));
}

TEST_F(ExemplarMapsTest, pictures_that_lead_out_of_the_folder_are_refused) {
  write_file(study_ / "secret.jpg", kJpeg);
  for (const char* name :
       {"../../secret.jpg", "/etc/passwd", "exemplars/../../../secret.jpg", "exemplars/0001-0.jpg"}) {
    refused([&](Json& index) { index["exemplars"][0]["maps"][0]["picture"] = name; }, "is not exemplars/0000-0.jpg");
  }
  fs::remove(folder() / "exemplars/0000-0.jpg");
  refused("is not there, or is no plain file");
  fs::create_symlink(study_ / "secret.jpg", folder() / "exemplars/0000-0.jpg");
  refused("is not there, or is no plain file");
}

TEST_F(ExemplarMapsTest, pictures_that_are_none_or_huge_are_refused) {
  write_file(folder() / "exemplars/0000-0.jpg", "<svg onload=alert(1)>");
  refused("0000-0.jpg");
  refused("is no JPEG");
  for (const std::string& text :
       {std::string(), std::string("\xFF\xD8"), std::string("\xFF\xD8\xFF"), kJpeg.substr(0, 12)}) {
    write_file(folder() / "exemplars/0000-0.jpg", text);
    refused("is no JPEG");
  }
  for (const auto& [height, width] : {std::pair<std::size_t, std::size_t>{65'000, 96}, {96, 257}}) {
    write_file(folder() / "exemplars/0000-0.jpg", jpeg(height, width));
    refused("pixels a side");
  }
  write_file(folder() / "exemplars/0000-0.jpg", kJpeg + std::string(70'000, 'x'));
  refused("0000-0.jpg");
}

TEST_F(ExemplarMapsTest, an_index_that_is_none_is_refused) {
  for (const char* text : {"", "{", "[]", "null", "{\"method\": \"l1\"}", "\xFF\xFE"}) {
    const std::string before = read_file(index());
    write_file(index(), text);
    refused("this is no index of attention maps");
    write_file(index(), before);
  }
  fs::remove(index());
  fs::create_directory(index());
  refused("is no plain file");
}

TEST_F(ExemplarMapsTest, what_an_index_may_not_say_is_refused) {
  refused([](Json& index) { index["method"] = "random"; }, "of another method");
  refused([](Json& index) { index["maps"] = "tea leaves"; }, "of another method");
  refused([](Json& index) { index["networks"].erase(1); }, "a dense one, a pruned one");
  refused([](Json& index) { index["networks"] = Json::array(); }, "the networks are not two or three");
  refused([](Json& index) { index["networks"][0]["role"] = "oracle"; }, "a role that is none");
  refused([](Json& index) { index["networks"][0]["rows"] = -4; }, "a number of cells is none");
  refused([](Json& index) { index["networks"][0].erase("sha256"); }, "no index");
  refused([](Json& index) { index["exemplars"][0]["class"] = "Eczema"; }, "does not have");
  refused([](Json& index) { index["exemplars"][0]["class"] = 3; }, "no index");
  refused([](Json& index) { index["exemplars"][0]["maps"].erase(0); }, "one attention map a network");
  refused([](Json& index) { index["exemplars"][0]["maps"][0]["probability"] = 1.5; }, "out of range");
  refused([](Json& index) { index["exemplars"][0]["maps"][0]["correlation"] = -7; }, "out of range");
  refused([](Json& index) { index["exemplars"][0]["maps"][0]["flat"] = "perhaps"; }, "no index");
}

TEST_F(ExemplarMapsTest, made_again_replace_all_that_was_there) {
  MethodMaps fewer = maps();
  fewer.exemplars.pop_back();
  write_method_maps(study_ / "", fewer);
  EXPECT_THAT(read()[0].maps.exemplars, SizeIs(1));
  EXPECT_FALSE(fs::exists(folder() / "exemplars/0001-0.jpg"));
  remove_method_maps(study_ / "", "l1");
  EXPECT_TRUE(read().empty());
  remove_method_maps(study_ / "", "l1");  // nothing is there to be removed
}

TEST(MapsFolder, is_below_the_study_whatever_the_method_is_called) {
  EXPECT_EQ(maps_folder("s", "l1+batch-norm"), fs::path("s/explain/l1+batch-norm"));
  for (const char* name : {"", ".", "..", "../x", "/etc", "a/b"}) {
    EXPECT_THROW(maps_folder("s", name), InputError) << name;
  }
}

}  // namespace
}  // namespace niwaki
