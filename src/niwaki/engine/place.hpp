#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "niwaki/engine/planes.hpp"

namespace niwaki {

/// How a value lies in memory.
enum class Layout {
  kImage,    // row-major [images, channels, height, width]: what comes in
  kPlanes,   // Planes: what sparse kernels read and write
  kBlocked,  // [images, channels / block, height, width, block], block 16 or 8: what oneDNN's kernels read and write
  kFlat,     // row-major [images, features]: from the global average on
};

const char* layout_name(Layout layout);

/// Channels of a block in Layout::kBlocked: 16 with AVX-512, 8 otherwise.
std::int64_t channel_block();

/// A value of [images, channels, height, width] in one layout, somewhere in the arena.
struct Place {
  Layout layout = Layout::kPlanes;
  std::int64_t images = 0;
  std::int64_t channels = 0;
  std::int64_t height = 1;
  std::int64_t width = 1;

  [[nodiscard]] std::size_t floats() const;
  [[nodiscard]] Planes planes() const { return {images, channels, height, width}; }
  [[nodiscard]] std::size_t pixels() const { return static_cast<std::size_t>(height * width); }
  [[nodiscard]] std::int64_t blocks() const { return (channels + channel_block() - 1) / channel_block(); }
};

/// A place with its number in the memory plan.
struct NumberedPlace {
  std::size_t number = 0;
  Place place;
};

/// What one call of a task does, with its pointers in it.
using Runner = std::function<void()>;
/// Where the place of this number begins.
using PlaceAddress = std::function<float*(std::size_t place)>;

/// Something that is run: it reads some places and writes others. `bind` makes it ready for one arena; all that it
/// needs is allocated then.
struct Task {
  std::string name;  // of the network's layer, or what it does to a value
  std::string kind;  // "sparse", "dense", "layout", ...
  std::vector<std::size_t> reads;
  std::vector<std::size_t> writes;  // scratch memory among them
  double useful_operations = 0;     // floating-point, with nonzero weights
  std::size_t weight_bytes = 0;
  std::function<Runner(const PlaceAddress& address)> bind;
};

/// Where the places lie in one arena: those that are never needed at the same time share memory, and some lie inside
/// others (the parts of a joined value).
class MemoryPlan {
 public:
  std::size_t add(std::size_t floats);
  /// `part` is `offset` floats into `whole` from now on. NIWAKI_CHECKs that neither lies in itself.
  void put_inside(std::size_t part, std::size_t whole, std::size_t offset);
  [[nodiscard]] bool is_inside(std::size_t place) const { return parent_[place] != place; }
  /// The place that this one lies in at last, and how far from its beginning.
  [[nodiscard]] std::size_t root(std::size_t place) const;
  [[nodiscard]] std::size_t offset_in_root(std::size_t place) const;

  /// Finds an offset for every place, from when tasks use it. `always`: places that live from beginning to end.
  void arrange(const std::vector<Task>& tasks, const std::vector<std::size_t>& always);
  [[nodiscard]] std::size_t offset(std::size_t place) const;
  [[nodiscard]] std::size_t total_floats() const { return total_; }

 private:
  std::vector<std::size_t> floats_;
  std::vector<std::size_t> parent_;  // itself where it lies in no other
  std::vector<std::size_t> offset_in_parent_;
  std::vector<std::size_t> offset_;  // of roots
  std::size_t total_ = 0;
};

}  // namespace niwaki
