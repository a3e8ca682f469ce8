#include "niwaki/cohort/phantom/phantom.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "niwaki/cohort/labels.hpp"
#include "niwaki/cohort/phantom/frequencies.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"

namespace niwaki {
namespace {

PhantomOptions small_phantom(std::size_t images) {
  PhantomOptions options;
  options.images = images;
  return options;
}

bool positive(const Cohort& cohort, std::size_t row, std::size_t name) {
  return cohort.label_view()(row, name) == Label::kPositive;
}

/// Sets the number of threads and sets it back.
class Threads {
 public:
  explicit Threads(int threads) : before_(thread_count()) { set_thread_count(threads); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  Threads(Threads&&) = delete;
  Threads& operator=(Threads&&) = delete;
  ~Threads() { set_thread_count(before_); }

 private:
  int before_;
};

/// A folder of this test alone, removed at its end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "niwaki-phantom-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  Folder(Folder&&) = delete;
  Folder& operator=(Folder&&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST(Phantom, has_the_classes_and_the_number_of_images_asked_for) {
  const Phantom phantom(small_phantom(317));
  const Cohort& cohort = phantom.cohort();
  EXPECT_EQ(cohort.size(), 317U);
  ASSERT_EQ(cohort.classes.size(), 20U);
  EXPECT_EQ(cohort.classes.front(), "Atelectasis");
  EXPECT_EQ(cohort.classes.back(), "No Finding");
  EXPECT_NO_THROW(cohort.check("phantom"));
}

TEST(Phantom, is_the_same_with_any_number_of_threads) {
  PhantomOptions options = small_phantom(600);
  options.label_noise = 0.1;
  const auto draw_with = [&](int threads) {
    const Threads chosen(threads);
    const Phantom phantom(options);
    std::vector<std::vector<float>> pictures(24);
    parallel_for(pictures.size(), [&](std::size_t row) { pictures[row] = phantom.draw(row * 7).pixels; });
    const PhantomTruth& truth = phantom.truth();
    return std::tuple(pictures, phantom.cohort().labels, truth.visibility, truth.quality, truth.flipped);
  };
  EXPECT_EQ(draw_with(1), draw_with(4));
}

TEST(Phantom, draws_one_image_alone_as_among_others) {
  const Phantom phantom(small_phantom(50));
  const Image alone = Phantom(small_phantom(50)).draw(31);
  for (std::size_t row = 0; row < 31; ++row) {
    static_cast<void>(phantom.draw(row));
  }
  EXPECT_EQ(phantom.draw(31).pixels, alone.pixels);
}

TEST(Phantom, another_seed_draws_another_cohort) {
  PhantomOptions options = small_phantom(200);
  const Phantom first(options);
  options.seed = 2;
  const Phantom second(options);
  EXPECT_NE(first.cohort().labels, second.cohort().labels);
  EXPECT_NE(first.draw(0).pixels, second.draw(0).pixels);
}

TEST(Phantom, a_longer_cohort_begins_as_the_shorter_one) {
  const Phantom longer(small_phantom(300));
  const Phantom shorter(small_phantom(100));
  EXPECT_TRUE(
      std::equal(shorter.cohort().labels.begin(), shorter.cohort().labels.end(), longer.cohort().labels.begin()));
  EXPECT_EQ(shorter.draw(99).pixels, longer.draw(99).pixels);
}

TEST(Phantom, draws_grey_pictures_of_eight_bits_with_something_to_see) {
  const Phantom phantom(small_phantom(40));
  for (std::size_t row = 0; row < 40; ++row) {
    const Image image = phantom.draw(row);
    ASSERT_EQ(image.channels, 1U);
    ASSERT_EQ(image.pixels.size(), 64U * 64U);
    double sum = 0;
    double square = 0;
    for (const float value : image.pixels) {
      ASSERT_FLOAT_EQ(value * 255, std::round(value * 255));
      ASSERT_TRUE(value >= 0 && value <= 1);
      sum += value;
      square += value * value;
    }
    const double mean = sum / 4096;
    EXPECT_GT(mean, 0.3);
    EXPECT_LT(mean, 0.8);
    EXPECT_GT(std::sqrt(square / 4096 - mean * mean), 0.1);
  }
}

TEST(Phantom, draws_the_same_body_larger) {
  PhantomOptions options = small_phantom(4);
  const Image small = Phantom(options).draw(2);
  options.size = 256;
  const Image large = Phantom(options).draw(2);
  ASSERT_EQ(large.pixels.size(), 256U * 256U);
  const Image shrunk = [&] {
    Image mean{1, 64, 64, std::vector<float>(64 * 64)};
    for (std::size_t i = 0; i < large.pixels.size(); ++i) {
      mean.pixels[i / 256 / 4 * 64 + i % 256 / 4] += large.pixels[i] / 16;
    }
    return mean;
  }();
  double difference = 0;
  for (std::size_t i = 0; i < small.pixels.size(); ++i) {
    difference += std::abs(small.pixels[i] - shrunk.pixels[i]) / 4096;
  }
  EXPECT_LT(difference, 0.05);
}

TEST(Phantom, no_finding_is_there_exactly_where_nothing_else_is) {
  PhantomOptions options = small_phantom(3000);
  options.label_noise = 0.2;
  const Phantom phantom(options);
  for (std::size_t row = 0; row < 3000; ++row) {
    bool any = false;
    for (std::size_t name = 0; name < phantom::kFindings; ++name) {
      any = any || positive(phantom.cohort(), row, name);
    }
    ASSERT_NE(any, positive(phantom.cohort(), row, phantom::kNoFinding)) << row;
  }
}

TEST(Phantom, gives_patients_several_images_at_one_site) {
  PhantomOptions options = small_phantom(6000);
  options.images_per_patient = 3;
  options.sites = 5;
  const Phantom phantom(options);
  std::map<std::string, std::set<std::string>> sites_of;
  std::set<std::string> sites;
  for (const Record& record : phantom.cohort().records) {
    sites_of[record.patient].insert(record.site);
    sites.insert(record.site);
  }
  for (const auto& [patient, of_patient] : sites_of) {
    EXPECT_EQ(of_patient.size(), 1U) << patient;
  }
  EXPECT_EQ(sites.size(), 5U);
  // 2,000 patients expected; the deviation of a geometric mean of 3 is sqrt(6), so 5 standard errors are 0.27.
  EXPECT_NEAR(6000.0 / static_cast<double>(sites_of.size()), 3.0, 0.27);
}

TEST(Phantom, one_image_a_patient_can_be_had) {
  PhantomOptions options = small_phantom(500);
  options.images_per_patient = 1;
  EXPECT_EQ(Phantom(options).cohort().patients(), 500U);
}

TEST(Phantom, keeps_the_patients_body_between_images) {
  PhantomOptions options = small_phantom(400);
  options.sites = 1;
  const Phantom phantom(options);
  const auto& records = phantom.cohort().records;
  const auto distance = [&](std::size_t a, std::size_t b) {
    const Image first = phantom.draw(a);
    const Image second = phantom.draw(b);
    double sum = 0;
    for (std::size_t i = 0; i < first.pixels.size(); ++i) {
      sum += std::abs(first.pixels[i] - second.pixels[i]);
    }
    return sum / static_cast<double>(first.pixels.size());
  };
  double same = 0;
  double other = 0;
  std::size_t pairs = 0;
  for (std::size_t row = 0; row + 7 < records.size(); ++row) {
    if (records[row].patient == records[row + 1].patient) {
      same += distance(row, row + 1);
      other += distance(row, (row + 200) % 400);
      ++pairs;
    }
  }
  ASSERT_GT(pairs, 100U);
  EXPECT_LT(same, 0.9 * other);
}

TEST(Phantom, chronic_findings_come_again_more_than_acute_ones) {
  const Phantom phantom(small_phantom(40000));
  const Cohort& cohort = phantom.cohort();
  // How much more often the next image of the patient shows the finding too, than any image does.
  const auto returns = [&](phantom::Finding finding) {
    const auto name = static_cast<std::size_t>(finding);
    double first = 0;
    double both = 0;
    double all = 0;
    for (std::size_t row = 0; row + 1 < cohort.size(); ++row) {
      all += positive(cohort, row, name) ? 1 : 0;
      if (cohort.records[row].patient == cohort.records[row + 1].patient && positive(cohort, row, name)) {
        first += 1;
        both += positive(cohort, row + 1, name) ? 1 : 0;
      }
    }
    return both / first / (all / static_cast<double>(cohort.size()));
  };
  // Each chronic finding is set against an acute one of much the same frequency.
  EXPECT_GT(returns(phantom::Finding::kCardiomegaly), 1.5 * returns(phantom::Finding::kEdema));
  EXPECT_GT(returns(phantom::Finding::kFibrosis), 1.5 * returns(phantom::Finding::kPneumonia));
  EXPECT_GT(returns(phantom::Finding::kMass), 1.5 * returns(phantom::Finding::kConsolidation));
  EXPECT_GT(returns(phantom::Finding::kPneumonia), 1.0);
}

TEST(Phantom, without_label_noise_nothing_is_flipped) {
  const Phantom phantom(small_phantom(500));
  const auto& flipped = phantom.truth().flipped;
  EXPECT_EQ(std::count(flipped.begin(), flipped.end(), 1), 0);
}

TEST(Phantom, flips_the_share_of_labels_asked_for_and_keeps_the_frequencies) {
  PhantomOptions options = small_phantom(2500);
  const Phantom clean(options);
  options.label_noise = 0.2;
  const Phantom noisy(options);
  const auto name = static_cast<std::size_t>(phantom::Finding::kInfiltration);
  const std::size_t classes = noisy.cohort().classes.size();
  double missed = 0;
  double invented = 0;
  for (std::size_t row = 0; row < noisy.cohort().size(); ++row) {
    const bool flipped = noisy.truth().flipped[row * classes + name] != 0;
    const bool labelled = positive(noisy.cohort(), row, name);
    // The truth does not change with the noise.
    ASSERT_EQ(positive(clean.cohort(), row, name), labelled != flipped);
    missed += flipped && !labelled ? 1 : 0;
    invented += flipped && labelled ? 1 : 0;
  }
  const auto positives = static_cast<double>(clean.cohort().positives()[name]);
  EXPECT_NEAR(missed / positives, 0.2, 5 * std::sqrt(0.2 * 0.8 / positives));
  EXPECT_NEAR(invented / positives, 0.2, 5 * std::sqrt(0.2 / positives));
}

TEST(Phantom, what_is_absent_is_not_visible_and_what_is_there_is) {
  PhantomOptions options = small_phantom(1500);
  options.label_noise = 0.1;
  const Phantom phantom(options);
  const PhantomTruth& truth = phantom.truth();
  const std::size_t classes = phantom.cohort().classes.size();
  double least = 1;
  double most = 0;
  for (std::size_t row = 0; row < truth.images; ++row) {
    EXPECT_TRUE(truth.quality[row] > 0 && truth.quality[row] <= 1);
    EXPECT_EQ(truth.visibility[row * classes + phantom::kNoFinding], 0);
    for (std::size_t name = 0; name < phantom::kFindings; ++name) {
      const bool there = positive(phantom.cohort(), row, name) != (truth.flipped[row * classes + name] != 0);
      const double visibility = truth.visibility[row * classes + name];
      ASSERT_EQ(there, visibility > 0) << phantom.cohort().classes[name] << " in row " << row;
      ASSERT_LE(visibility, 1);
      if (there) {
        least = std::min(least, visibility);
        most = std::max(most, visibility);
      }
    }
  }
  // From hardly to be seen to obvious.
  EXPECT_LT(least, 0.25);
  EXPECT_GT(most, 0.8);
}

TEST(Phantom, reads_its_pictures_in_the_order_and_shape_asked_for) {
  const Phantom phantom(small_phantom(20));
  Preprocessing shape = imagenet_preprocessing(3, 32, 48);
  const auto source = phantom.images({7, 3}, shape);
  ASSERT_EQ(source->size(), 2U);
  EXPECT_EQ(source->preprocessing(), shape);
  std::vector<float> pixels(shape.values());
  source->read(1, pixels);
  EXPECT_EQ(pixels, with_channels(resized(phantom.draw(3), 32, 48), 3).pixels);
  EXPECT_THROW(static_cast<void>(phantom.images({20}, shape)), BrokenInvariant);
}

TEST(Phantom, its_pictures_outlive_it) {
  const Preprocessing shape = imagenet_preprocessing(1, 64, 64);
  std::unique_ptr<ImageSource> source;
  std::vector<float> drawn;
  {
    const Phantom phantom(small_phantom(5));
    drawn = phantom.draw(4).pixels;
    source = phantom.images({4}, shape);
  }
  std::vector<float> pixels(shape.values());
  source->read(0, pixels);
  EXPECT_EQ(pixels, drawn);
}

TEST(Phantom, writes_files_that_read_back_as_they_were_drawn) {
  const Folder folder;
  const Phantom phantom(small_phantom(30));
  SilentProgress progress;
  write_phantom(phantom, folder.path(), progress);
  const Cohort read = read_labels(folder.path() / "labels.csv");
  EXPECT_EQ(read.classes, phantom.cohort().classes);
  EXPECT_EQ(read.labels, phantom.cohort().labels);
  const auto files = open_image_files(read, folder.path() / "images", imagenet_preprocessing(1, 64, 64));
  std::vector<float> pixels(64 * 64);
  for (std::size_t row = 0; row < 30; ++row) {
    EXPECT_EQ(read.records[row].site, phantom.cohort().records[row].site);
    files->read(row, pixels);
    const std::vector<float> drawn = phantom.draw(row).pixels;
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      ASSERT_NEAR(pixels[i], drawn[i], 1e-6);
    }
  }
}

TEST(Phantom, writes_over_an_older_one_and_leaves_nothing_else_behind) {
  const Folder folder;
  SilentProgress progress;
  write_phantom(Phantom(small_phantom(12)), folder.path(), progress);
  PhantomOptions options = small_phantom(12);
  options.images_per_patient = 1;
  const Phantom second(options);
  write_phantom(second, folder.path(), progress);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path() / "images")) {
    EXPECT_EQ(entry.path().extension(), ".png") << entry.path();
    EXPECT_NE(entry.path().filename().string().front(), '.') << entry.path();
  }
  EXPECT_EQ(read_labels(folder.path() / "labels.csv").labels, second.cohort().labels);
}

TEST(Phantom, says_where_it_cannot_write) {
  const Folder folder;
  SilentProgress progress;
  write_file(folder.path() / "taken", "a file where the folder should be");
  EXPECT_THROW(write_phantom(Phantom(small_phantom(2)), folder.path() / "taken", progress), MachineError);
  // A folder that has the name of a picture.
  const Phantom phantom(small_phantom(2));
  const std::string name = phantom.cohort().records[1].image;
  make_folder(folder.path() / "images" / name / "inside");
  try {
    write_phantom(phantom, folder.path(), progress);
    FAIL() << "a folder was written over";
  } catch (const MachineError& error) {
    EXPECT_NE(error.where().find(name), std::string::npos);
  }
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "labels.csv"));
}

TEST(Phantom, writes_its_truth_as_a_table) {
  const Folder folder;
  const Phantom phantom(small_phantom(60));
  write_phantom_truth(phantom, folder.path() / "truth.csv");
  const CsvTable table = read_csv(folder.path() / "truth.csv");
  ASSERT_EQ(table.rows.size(), 60U);
  EXPECT_EQ(table.header.size(), 2U + 2 * 20U);
  const std::size_t effusion = table.column("visibility:Effusion");
  EXPECT_NO_THROW(static_cast<void>(table.column("flipped:No Finding")));
  for (std::size_t row = 0; row < 60; ++row) {
    EXPECT_EQ(table.rows[row].cells[0], phantom.cohort().records[row].id);
    EXPECT_NEAR(std::stod(std::string(table.rows[row].cells[effusion])),
                phantom.truth().visibility[row * 20 + static_cast<std::size_t>(phantom::Finding::kEffusion)], 1e-6);
  }
}

TEST(PhantomOptions, out_of_range_are_refused_by_name) {
  const auto refused = [](const char* field, const auto& change) {
    PhantomOptions options;
    change(options);
    try {
      const Phantom phantom(options);
    } catch (const InputError& error) {
      EXPECT_EQ(error.where(), std::string("phantom.") + field);
      return;
    }
    ADD_FAILURE() << field << " was accepted";
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  refused("images", [](PhantomOptions& options) { options.images = 0; });
  refused("images", [](PhantomOptions& options) { options.images = 10'000'001; });
  refused("size", [](PhantomOptions& options) { options.size = 63; });
  refused("size", [](PhantomOptions& options) { options.size = 1025; });
  refused("sites", [](PhantomOptions& options) { options.sites = 0; });
  refused("sites", [](PhantomOptions& options) { options.sites = 17; });
  refused("images_per_patient", [](PhantomOptions& options) { options.images_per_patient = 0.9; });
  refused("images_per_patient", [nan](PhantomOptions& options) { options.images_per_patient = nan; });
  refused("label_noise", [](PhantomOptions& options) { options.label_noise = -0.1; });
  refused("label_noise", [](PhantomOptions& options) { options.label_noise = 0.51; });
  refused("label_noise", [nan](PhantomOptions& options) { options.label_noise = nan; });
  refused("tail_floor", [](PhantomOptions& options) { options.tail_floor = 0.06; });
}

}  // namespace
}  // namespace niwaki
