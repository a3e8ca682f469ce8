#include "niwaki/engine/place.hpp"

#include <algorithm>
#include <numeric>

#include "niwaki/core/error.hpp"
#include "niwaki/core/instruction_set.hpp"

namespace niwaki {
namespace {

/// Vectors may be read a little beyond either end of a place, and every place begins on a cache line.
constexpr std::size_t kLine = 16;  // floats
constexpr std::size_t kMargin = 4 * kLine;

struct Lifetime {
  std::size_t begin = static_cast<std::size_t>(-1);
  std::size_t end = 0;

  void include(std::size_t time) {
    begin = std::min(begin, time);
    end = std::max(end, time);
  }
  [[nodiscard]] bool meets(const Lifetime& other) const { return begin <= other.end && other.begin <= end; }
};

}  // namespace

const char* layout_name(Layout layout) {
  switch (layout) {
    case Layout::kImage:
      return "image";
    case Layout::kPlanes:
      return "planes";
    case Layout::kBlocked:
      return "blocked";
    default:
      return "flat";
  }
}

std::int64_t channel_block() {
  return instruction_set() == InstructionSet::kAvx512 ? 16 : 8;
}

std::size_t Place::floats() const {
  switch (layout) {
    case Layout::kPlanes:
      return planes().floats();
    case Layout::kBlocked:
      return static_cast<std::size_t>(images * blocks() * channel_block()) * pixels();
    default:
      return static_cast<std::size_t>(images * channels) * pixels();
  }
}

std::size_t MemoryPlan::add(std::size_t floats) {
  floats_.push_back((floats + kLine - 1) / kLine * kLine);
  parent_.push_back(parent_.size());
  offset_in_parent_.push_back(0);
  return floats_.size() - 1;
}

void MemoryPlan::put_inside(std::size_t part, std::size_t whole, std::size_t offset) {
  NIWAKI_CHECK(!is_inside(part) && root(whole) != part, "place {} is put into {}", part, whole);
  parent_[part] = whole;
  offset_in_parent_[part] = offset;
}

std::size_t MemoryPlan::root(std::size_t place) const {
  while (parent_[place] != place) {
    place = parent_[place];
  }
  return place;
}

std::size_t MemoryPlan::offset_in_root(std::size_t place) const {
  std::size_t offset = 0;
  for (; parent_[place] != place; place = parent_[place]) {
    offset += offset_in_parent_[place];
  }
  return offset;
}

std::size_t MemoryPlan::offset(std::size_t place) const {
  return offset_[root(place)] + offset_in_root(place);
}

/// Large places first, each at the lowest offset where no place of its time lies already.
void MemoryPlan::arrange(const std::vector<Task>& tasks, const std::vector<std::size_t>& always) {
  std::vector<Lifetime> lifetimes(floats_.size());
  for (std::size_t time = 0; time < tasks.size(); ++time) {
    for (const auto* places : {&tasks[time].reads, &tasks[time].writes}) {
      for (const std::size_t place : *places) {
        lifetimes[root(place)].include(time);
      }
    }
  }
  for (const std::size_t place : always) {
    lifetimes[root(place)].include(0);
    lifetimes[root(place)].include(tasks.size());
  }
  std::vector<std::size_t> order(floats_.size());
  std::iota(order.begin(), order.end(), 0);
  std::erase_if(order,
                [&](std::size_t place) { return is_inside(place) || lifetimes[place].end < lifetimes[place].begin; });
  std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t place) { return floats_[place]; });
  offset_.assign(floats_.size(), 0);
  std::vector<std::size_t> placed;
  for (const std::size_t place : order) {
    std::vector<std::size_t> rivals;
    std::ranges::copy_if(placed, std::back_inserter(rivals),
                         [&](std::size_t other) { return lifetimes[other].meets(lifetimes[place]); });
    std::ranges::sort(rivals, {}, [&](std::size_t other) { return offset_[other]; });
    std::size_t begin = kMargin;
    for (const std::size_t rival : rivals) {
      if (begin + floats_[place] + kMargin <= offset_[rival]) {
        break;
      }
      begin = std::max(begin, offset_[rival] + floats_[rival] + kMargin);
    }
    offset_[place] = begin;
    placed.push_back(place);
    total_ = std::max(total_, begin + floats_[place] + kMargin);
  }
}

}  // namespace niwaki
