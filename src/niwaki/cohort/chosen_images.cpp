#include "niwaki/cohort/chosen_images.hpp"

#include <utility>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

class ChosenImages : public ImageSource {
 public:
  ChosenImages(const ImageSource& source, std::vector<std::size_t> rows) : source_(source), rows_(std::move(rows)) {
    for (const std::size_t row : rows_) {
      NIWAKI_CHECK(row < source.size(), "picture {} of {}", row, source.size());
    }
  }

  [[nodiscard]] std::size_t size() const override { return rows_.size(); }
  [[nodiscard]] const Preprocessing& preprocessing() const override { return source_.preprocessing(); }
  void read(std::size_t index, std::span<float> pixels) const override { source_.read(rows_.at(index), pixels); }
  [[nodiscard]] std::vector<std::filesystem::path> files() const override {
    const std::vector<std::filesystem::path> all = source_.files();
    std::vector<std::filesystem::path> chosen;
    for (const std::size_t row : rows_) {
      if (!all.empty()) {
        chosen.push_back(all.at(row));
      }
    }
    return chosen;
  }

 private:
  const ImageSource& source_;
  std::vector<std::size_t> rows_;
};

}  // namespace

std::unique_ptr<ImageSource> chosen_images(const ImageSource& source, std::vector<std::size_t> rows) {
  return std::make_unique<ChosenImages>(source, std::move(rows));
}

}  // namespace niwaki
