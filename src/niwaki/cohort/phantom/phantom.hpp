#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "niwaki/cohort/cohort.hpp"
#include "niwaki/cohort/image_source.hpp"
#include "niwaki/core/progress.hpp"
#include "niwaki/imaging/image.hpp"

namespace niwaki {

struct PhantomOptions {
  std::size_t images = 8000;        // in all, 1 to 10 million
  std::size_t size = 64;            // pixels a side, 64 to 1024
  std::size_t sites = 4;            // hospitals, each with its own contrast, noise and projection; 1 to 16
  double images_per_patient = 2.5;  // mean, 1 to 100
  double label_noise = 0.0;         // share of labels flipped: positives missed, and as many false ones; 0 to 0.5
  /// No finding is rarer than this share of the images: one of share s in NIH-CXR-LT is drawn with hypot(s, floor),
  /// which keeps the order of the findings. At 0.004 the rarest of 8,000 images has 38 positives instead of 21. 0 to
  /// 0.05; 0 draws NIH-CXR-LT's own shares.
  double tail_floor = 0.004;
  std::uint64_t seed = 1;
  void check() const;  // throws InputError naming the field
};

/// What no real data set knows.
struct PhantomTruth {
  std::size_t images = 0;
  /// [images, classes]: how well the finding's sign can be seen, in [0, 1]; 0 where it is absent, and for No Finding,
  /// which has no sign. What it is computed from stands at visibility_of in phantom/film.hpp.
  std::vector<float> visibility;
  std::vector<float> quality;         // [images]: 1 (perfect) to 0 (unreadable)
  std::vector<std::uint8_t> flipped;  // [images, classes]: 1 where the label is not the truth
};

/// Where the sign of a finding is to be seen on one picture, in whole pixels.
struct PhantomBox {
  std::size_t name = 0;  // of the cohort's classes
  std::size_t x = 0;     // of the upper left pixel
  std::size_t y = 0;
  std::size_t width = 0;
  std::size_t height = 0;
};

/// A chest X-ray-like cohort drawn from scratch: the 20 NIH-CXR-LT classes with that data set's label
/// frequencies and co-occurrence (phantom/frequencies.hpp), several images a patient, several sites. The same
/// options draw the same cohort, byte for byte, with any number of threads. Of the labels, No Finding is positive
/// exactly where no other one is.
class Phantom {
 public:
  explicit Phantom(const PhantomOptions& options);
  ~Phantom();
  Phantom(const Phantom&) = delete;
  Phantom& operator=(const Phantom&) = delete;
  Phantom(Phantom&&) = delete;
  Phantom& operator=(Phantom&&) = delete;

  [[nodiscard]] const Cohort& cohort() const;
  [[nodiscard]] std::size_t size() const;  // pixels a side
  /// Measured when first asked for: that takes about as long as drawing every picture once.
  [[nodiscard]] const PhantomTruth& truth() const;
  /// The picture of one record: grey, size x size. Safe to call from several threads.
  [[nodiscard]] Image draw(std::size_t row) const;
  /// Of the findings that are there in truth, whatever the labels say: the smallest rectangle around the pixels in
  /// which the sign changes the film by at least a quarter of what it changes it at most (phantom/film.hpp).
  [[nodiscard]] std::vector<PhantomBox> boxes(std::size_t row) const;
  /// The pictures of these rows as a source (drawn when read).
  [[nodiscard]] std::unique_ptr<ImageSource> images(const std::vector<std::size_t>& rows,
                                                    const Preprocessing& preprocessing) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

/// Writes images/<id>.png, labels.csv (the project's own format), boxes.csv
/// (id,class,x,y,width,height,picture_width,picture_height) and truth.csv
/// (id,quality,visibility:<class>...,flipped:<class>...; figures rounded to six places).
void write_phantom(const Phantom& phantom, const std::filesystem::path& folder, Progress& progress);
void write_phantom_boxes(const Phantom& phantom, const std::filesystem::path& path);
void write_phantom_truth(const Phantom& phantom, const std::filesystem::path& path);

}  // namespace niwaki
