#include "niwaki/engine/sparse_convolution.hpp"

#include <algorithm>
#include <utility>

#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"

namespace niwaki::sparse {
namespace {

std::int64_t floor_division(std::int64_t a, std::int64_t b) {
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}

}  // namespace

Convolution::Convolution(std::shared_ptr<const Weights> weights, std::vector<float> bias,
                         const niwaki::Convolution& geometry, std::array<std::int64_t, 2> kernel,
                         const Activation& activation, const Planes& in, const Planes& out, const Options& options)
    : weights_(std::move(weights)),
      bias_(std::move(bias)),
      geometry_(geometry),
      activation_(activation),
      in_(in),
      out_(out),
      kernels_(kernels(options.set)) {
  NIWAKI_CHECK(bias_.size() == weights_->out && weights_->out == static_cast<std::size_t>(out.channels),
               "{} biases of {} rows for {} channels", bias_.size(), weights_->out, out.channels);
  find_taps(kernel);
  if (phases_fit()) {
    const bool same_plane = in.height == out.height && in.width == out.width;
    staged_ = phases_.size() > 1 || geometry.strides != std::array<std::int64_t, 2>{1, 1} || !same_plane;
    stage_ = Planes(in.images, in.channels * static_cast<std::int64_t>(phases_.size()), out.height, out.width);
    direct_ = weights_->taps == 1 && taps_[0].y == 0 && taps_[0].x == 0 &&
              phase_size(phases_[0]) == std::array<std::int64_t, 2>{out.height, out.width};
  } else {
    plan_bases(kernel);
  }
  if (!direct_) {
    plan_masks();
    plan_rows();
  }
  stage_shares_ = std::max<std::size_t>(1, options.threads);
  plan_tiles(options.threads, options.units == 0 ? kernels_.best_units : options.units);
}

/// Each thread has its share of the positions, cut into tiles. Where there are too few positions for that, all threads
/// take the same tiles, and each its part of the output's rows.
void Convolution::plan_tiles(std::size_t threads, std::size_t most_units) {
  const std::size_t units = out_.units();
  const bool by_rows = threads > 1 && weights_->parts == threads && units < threads * most_units;
  const std::size_t shares = by_rows ? 1 : threads;
  std::vector<Tile> tiles;
  begins_ = {0};
  for (std::size_t share = 0; share < shares; ++share) {
    const std::size_t begin = share * units / shares;
    const std::size_t count = (share + 1) * units / shares - begin;
    const std::size_t pieces = (count + most_units - 1) / most_units;
    for (std::size_t piece = 0; piece < pieces; ++piece) {
      const std::size_t first = begin + piece * count / pieces;
      tiles.push_back({.first_unit = first,
                       .units = begin + (piece + 1) * count / pieces - first,
                       .next_follows = piece + 1 < pieces,
                       .end_part = weights_->parts});
    }
    begins_.push_back(tiles.size());
  }
  if (!by_rows) {
    tiles_ = std::move(tiles);
    return;
  }
  begins_ = {0};
  for (std::size_t part = 0; part < threads; ++part) {
    for (Tile tile : tiles) {
      tile.first_part = part;
      tile.end_part = part + 1;
      tiles_.push_back(tile);
    }
    begins_.push_back(tiles_.size());
  }
}

void Convolution::find_taps(std::array<std::int64_t, 2> kernel) {
  const auto [stride_y, stride_x] = geometry_.strides;
  for (std::int64_t i = 0; i < kernel[0]; ++i) {
    for (std::int64_t j = 0; j < kernel[1]; ++j) {
      const std::int64_t y = i * geometry_.dilations[0] - geometry_.pads[0];
      const std::int64_t x = j * geometry_.dilations[1] - geometry_.pads[1];
      const Tap tap{.y = floor_division(y, stride_y), .x = floor_division(x, stride_x)};
      const Phase phase{.y = y - tap.y * stride_y, .x = x - tap.x * stride_x};
      const auto found = std::ranges::find(phases_, phase);
      taps_.push_back({static_cast<std::size_t>(found - phases_.begin()), tap.y, tap.x});
      if (found == phases_.end()) {
        phases_.push_back(phase);
      }
    }
  }
}

std::array<std::int64_t, 2> Convolution::phase_size(const Phase& phase) const {
  const auto count = [](std::int64_t length, std::int64_t first, std::int64_t stride) {
    return std::max<std::int64_t>(0, (length - first + stride - 1) / stride);
  };
  return {count(in_.height, phase.y, geometry_.strides[0]), count(in_.width, phase.x, geometry_.strides[1])};
}

/// Whether every phase fits into a plane of the output's size, so that a tap is a shift of positions. Rows and columns
/// of a phase that lie beyond it are then read by no output, or cannot be.
bool Convolution::phases_fit() const {
  return std::ranges::all_of(phases_, [&](const Phase& phase) {
    const auto [height, width] = phase_size(phase);
    return height <= out_.height && width <= out_.width;
  });
}

void Convolution::plan_bases(std::array<std::int64_t, 2> kernel) {
  const auto [stride_y, stride_x] = geometry_.strides;
  phases_ = {Phase{}};
  for (std::size_t tap = 0; tap < taps_.size(); ++tap) {
    const auto i = static_cast<std::int64_t>(tap) / kernel[1];
    const auto j = static_cast<std::int64_t>(tap) % kernel[1];
    taps_[tap] = {.y = i * geometry_.dilations[0] - geometry_.pads[0],
                  .x = j * geometry_.dilations[1] - geometry_.pads[1]};
  }
  for (std::int64_t n = 0; n < out_.images; ++n) {
    for (std::int64_t y = 0; y < out_.height; ++y) {
      for (std::int64_t x = 0; x < out_.width; ++x) {
        bases_.push_back(static_cast<std::int32_t>((n * in_.height + y * stride_y) * in_.width + x * stride_x));
      }
    }
  }
  bases_.resize(out_.units() * kUnit, 0);
}

void Convolution::plan_masks() {
  masks_.assign(taps_.size() * out_.units(), 0);
  const bool moved = !bases_.empty();
  for (std::size_t tap = 0; tap < taps_.size(); ++tap) {
    const Tap& reads = taps_[tap];
    const auto [height, width] =
        moved ? std::array<std::int64_t, 2>{in_.height, in_.width} : phase_size(phases_[reads.phase]);
    std::size_t position = 0;
    for (std::int64_t n = 0; n < out_.images; ++n) {
      for (std::int64_t y = 0; y < out_.height; ++y) {
        for (std::int64_t x = 0; x < out_.width; ++x, ++position) {
          const std::int64_t row = y * (moved ? geometry_.strides[0] : 1) + reads.y;
          const std::int64_t column = x * (moved ? geometry_.strides[1] : 1) + reads.x;
          if (row >= 0 && row < height && column >= 0 && column < width) {
            masks_[tap * out_.units() + position / kUnit] |= static_cast<std::uint16_t>(1U << position % kUnit);
          }
        }
      }
    }
  }
}

void Convolution::plan_rows() {
  const std::int64_t row_length = bases_.empty() ? out_.width : in_.width;
  for (const Block& block : weights_->blocks) {
    std::vector<PackedRow>& rows = rows_.emplace_back();
    for (const std::uint32_t input : block.inputs) {
      const Tap& tap = taps_[input % weights_->taps];
      const std::size_t plane = input / weights_->taps * phases_.size() + tap.phase;
      rows.push_back({.plane = static_cast<std::uint32_t>(plane),
                      .shift = static_cast<std::int32_t>(tap.y * row_length + tap.x),
                      .mask = static_cast<std::uint32_t>(input % weights_->taps)});
    }
  }
}

std::size_t Convolution::scratch_floats() const {
  return staged_ ? stage_.floats() : 0;
}

/// Each thread deals the rows of about the positions that are its own in this layer and the one before, which lie in
/// its processor's cache.
void Convolution::stage(PlanesInput in, float* scratch) const {
  constexpr std::size_t kAtOnce = 16;
  const auto channels = static_cast<std::size_t>(in_.channels);
  const std::size_t turns = (channels + kAtOnce - 1) / kAtOnce;
  std::vector<std::size_t> begins;
  for (std::size_t share = 0; share <= stage_shares_; ++share) {
    begins.push_back(share * turns);
  }
  parallel_for_shares(begins, [&](std::size_t task) {
    const std::size_t first = task % turns * kAtOnce;
    for (std::size_t channel = first; channel < std::min(first + kAtOnce, channels); ++channel) {
      for (std::size_t phase = 0; phase < phases_.size(); ++phase) {
        stage_rows(in.data + channel * in.stride, phases_[phase], task / turns,
                   scratch + (channel * phases_.size() + phase) * stage_.stride);
      }
    }
  });
}

void Convolution::stage_rows(const float* from, const Phase& phase, std::size_t share, float* to) const {
  const auto [height, width] = phase_size(phase);
  const auto rows = static_cast<std::size_t>(in_.images * height);
  const auto end = static_cast<std::int64_t>((share + 1) * rows / stage_shares_);
  for (auto row = static_cast<std::int64_t>(share * rows / stage_shares_); row < end;) {
    const std::int64_t image = row / height;
    const std::int64_t y = row % height;
    const std::int64_t count = std::min(height - y, end - row);
    plane_kernels().pick(from + (image * in_.height + y * geometry_.strides[0] + phase.y) * in_.width + phase.x,
                         static_cast<std::size_t>(geometry_.strides[0] * in_.width),
                         static_cast<std::size_t>(geometry_.strides[1]), to + (image * out_.height + y) * out_.width,
                         static_cast<std::size_t>(out_.width), static_cast<std::size_t>(count),
                         static_cast<std::size_t>(width));
    row += count;
  }
}

void Convolution::run(PlanesInput in, float* out, std::size_t out_stride, PlanesInput residual, float* scratch) const {
  if (staged_) {
    stage(in, scratch);
    in = {scratch, stage_.stride};
  }
  const Call call{in, out, out_stride, residual};
  parallel_for_shares(begins_, [&](std::size_t tile) { run_tile(call, tiles_[tile]); });
}

void Convolution::run_tile(const Call& call, const Tile& tile) const {
  alignas(64) float packed[kBlockRows * kMostUnits * kUnit];  // NOLINT: written before it is read
  const std::size_t units = tile.units;
  const std::size_t first_position = tile.first_unit * kUnit;
  for (std::size_t b = 0; b < weights_->blocks.size(); ++b) {
    const Block& block = weights_->blocks[b];
    RowWork work{.next = tile.next_follows ? units * kUnit : 0};
    if (direct_) {
      work.x = call.in.data + b * kBlockRows * call.in.stride + first_position;
      work.x_stride = call.in.stride;
    } else {
      kernels_.pack({.planes = call.in.data,
                     .plane_stride = call.in.stride,
                     .rows = rows_[b].data(),
                     .row_count = rows_[b].size(),
                     .masks = masks_.data(),
                     .mask_stride = out_.units(),
                     .bases = bases_.empty() ? nullptr : bases_.data(),
                     .first_unit = tile.first_unit,
                     .units = units,
                     .out = packed});
      work.x = packed;
      work.x_stride = units * kUnit;
    }
    for (std::size_t part = tile.first_part; part < tile.end_part; ++part) {
      for (const RowGroup& group : block.groups[part]) {
        run_group(group, work, call, first_position, units);
      }
    }
  }
}

void Convolution::run_group(const RowGroup& group, RowWork work, const Call& call, std::size_t first_position,
                            std::size_t units) const {
  work.values = weights_->values.data() + group.first_value;
  work.indices = weights_->indices.data() + group.first_value;
  work.counts = weights_->counts.data() + group.first_row;
  work.rows = weights_->rows.data() + group.first_row;
  work.row_count = group.row_count;
  work.out = call.out + first_position;
  work.out_stride = call.out_stride;
  work.bias = bias_.data();
  work.residual = call.residual.data == nullptr ? nullptr : call.residual.data + first_position;
  work.residual_stride = call.residual.stride;
  work.first = group.first;
  work.last = group.last;
  work.bounds = activation_.bounds_only() ? Bounds{activation_.low, activation_.high}
                                          : Bounds{Activation{}.low, Activation{}.high};
  kernels_.rows[units](work);
  if (group.last && !activation_.bounds_only()) {
    for (std::size_t i = 0; i < group.row_count; ++i) {
      plane_kernels().activate(activation_, work.out + work.rows[i] * work.out_stride, units * kUnit);
    }
  }
}

}  // namespace niwaki::sparse
