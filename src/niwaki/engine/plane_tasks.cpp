#include "niwaki/engine/plane_tasks.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/engine/sparse_convolution.hpp"

namespace niwaki {
namespace {

/// Floats that one turn of a parallel loop over contiguous memory takes: 64 KiB.
constexpr std::size_t kChunk = 16384;

template <typename Body>
void for_chunks(std::size_t count, const Body& body) {
  parallel_for((count + kChunk - 1) / kChunk, [&](std::size_t chunk) {
    const std::size_t begin = chunk * kChunk;
    body(begin, std::min(kChunk, count - begin));
  });
}

/// A task that calls run(x, out) with the addresses of one read and one written place.
template <typename Run>
Task one_to_one(std::string name, std::string kind, const NumberedPlace& x, const NumberedPlace& out, Run run) {
  Task task{.name = std::move(name), .kind = std::move(kind), .reads = {x.number}, .writes = {out.number}};
  task.bind = [from = x.number, to = out.number, run = std::move(run)](const PlaceAddress& address) -> Runner {
    return [run, from = address(from), to = address(to)] { run(static_cast<const float*>(from), to); };
  };
  return task;
}

/// As above for two read places.
template <typename Run>
Task two_to_one(std::string name, const NumberedPlace& a, const NumberedPlace& b, const NumberedPlace& out, Run run) {
  Task task{.name = std::move(name), .kind = "elementwise", .reads = {a.number, b.number}, .writes = {out.number}};
  task.bind = [first = a.number, second = b.number, to = out.number,
               run = std::move(run)](const PlaceAddress& address) -> Runner {
    return [run, first = address(first), second = address(second), to = address(to)] {
      run(static_cast<const float*>(first), static_cast<const float*>(second), to);
    };
  };
  return task;
}

/// Calls body(channel) for every channel, of so many values: small ones are worked on together, for beginning a turn of
/// parallel_for costs as much as hundreds of values.
template <typename Body>
void for_channels(std::size_t channels, std::size_t values, const Body& body) {
  const std::size_t together = std::max<std::size_t>(1, kChunk / std::max<std::size_t>(1, values));
  parallel_for((channels + together - 1) / together, [&](std::size_t turn) {
    for (std::size_t channel = turn * together; channel < std::min((turn + 1) * together, channels); ++channel) {
      body(channel);
    }
  });
}

/// Calls body(image, channel) for every plane of an image.
template <typename Body>
void for_image_planes(const Place& place, const Body& body) {
  const auto images = static_cast<std::size_t>(place.images);
  for_channels(static_cast<std::size_t>(place.channels), images * place.pixels(), [&](std::size_t channel) {
    for (std::size_t image = 0; image < images; ++image) {
      body(image, channel);
    }
  });
}

/// Calls body(image, block, offset of its values) for every block of channels.
template <typename Body>
void for_blocks(const Place& place, const Body& body) {
  const auto blocks = static_cast<std::size_t>(place.blocks());
  parallel_for(static_cast<std::size_t>(place.images) * blocks, [&](std::size_t i) {
    body(i / blocks, i % blocks, i * place.pixels() * static_cast<std::size_t>(channel_block()));
  });
}

struct Window {
  std::array<std::int64_t, 2> kernel;
  std::array<std::int64_t, 2> strides;
  std::array<std::int64_t, 4> pads;
  bool maximum;
  bool count_padding;
};

Window window_of(const Layer& layer) {
  if (const auto* pool = std::get_if<MaxPool>(&layer)) {
    return {pool->kernel, pool->strides, pool->pads, true, false};
  }
  const auto& pool = std::get<AveragePool>(layer);
  return {pool.kernel, pool.strides, pool.pads, false, pool.count_include_pad};
}

/// The pool of one image's plane: each tap of the window is folded into a whole row of outputs at once.
class PlanePool {
 public:
  PlanePool(const Window& window, const Place& in, const Place& out) : window_(window), in_(in), out_(out) {}

  void run(const float* from, float* to) const {
    for (std::int64_t y = 0; y < out_.height; ++y) {
      run_row(from, to + y * out_.width, y);
    }
  }

 private:
  void run_row(const float* from, float* row, std::int64_t y) const {
    std::fill_n(row, out_.width, window_.maximum ? -std::numeric_limits<float>::infinity() : 0.0F);
    std::int64_t rows = 0;
    for (std::int64_t i = 0; i < window_.kernel[0]; ++i) {
      const std::int64_t source = y * window_.strides[0] - window_.pads[0] + i;
      if (source < 0 || source >= in_.height) {
        continue;
      }
      ++rows;
      for (std::int64_t j = 0; j < window_.kernel[1]; ++j) {
        fold_tap(from + source * in_.width, row, j);
      }
    }
    if (!window_.maximum) {
      divide(row, y, rows);
    }
  }

  void fold_tap(const float* source, float* row, std::int64_t j) const {
    const std::int64_t stride = window_.strides[1];
    const std::int64_t shift = j - window_.pads[1];
    const std::int64_t begin = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
    const std::int64_t end = std::min(out_.width, in_.width - shift <= 0 ? 0 : (in_.width - shift - 1) / stride + 1);
    if (begin >= end) {
      return;
    }
    const float* const from = source + begin * stride + shift;
    const auto count = static_cast<std::size_t>(end - begin);
    if (window_.maximum) {
      plane_kernels().maximum(from, static_cast<std::size_t>(stride), row + begin, count);
    } else {
      for (std::size_t x = 0; x < count; ++x) {
        row[begin + static_cast<std::int64_t>(x)] += from[static_cast<std::int64_t>(x) * stride];
      }
    }
  }

  void divide(float* row, std::int64_t y, std::int64_t rows) const {
    for (std::int64_t x = 0; x < out_.width; ++x) {
      const std::int64_t begin = x * window_.strides[1] - window_.pads[1];
      const std::int64_t inside = std::min(begin + window_.kernel[1], in_.width) - std::max<std::int64_t>(begin, 0);
      const std::int64_t count =
          window_.count_padding ? padded(y, 0, in_.height) * padded(x, 1, in_.width) : rows * inside;
      row[x] /= static_cast<float>(count);
    }
  }

  [[nodiscard]] std::int64_t padded(std::int64_t at, std::size_t axis, std::int64_t length) const {
    const std::int64_t begin = at * window_.strides[axis] - window_.pads[axis];
    return std::min(begin + window_.kernel[axis], length + window_.pads[axis + 2]) - begin;
  }

  Window window_;
  Place in_;
  Place out_;
};

/// Values filled up with zeros to whole blocks.
std::vector<float> filled_up(const std::vector<float>& values, const Place& place) {
  std::vector<float> filled(static_cast<std::size_t>(place.blocks() * channel_block()), 0.0F);
  std::ranges::copy(values, filled.begin());
  return filled;
}

}  // namespace

Task sparse_convolution(const Step& step, const NumberedPlace& x, const NumberedPlace* residual,
                        const NumberedPlace& out, std::size_t threads, MemoryPlan& plan) {
  const auto& layer = std::get<ConvolutionLayer>(step.layer);
  const sparse::Convolution::Options options{.threads = threads, .set = instruction_set()};
  const auto convolution =
      std::make_shared<const sparse::Convolution>(layer.weight->compressed(), layer.bias, layer.geometry, layer.kernel,
                                                  step.activation, x.place.planes(), out.place.planes(), options);
  const std::size_t scratch = plan.add(convolution->scratch_floats());
  Task task{.name = step.name, .kind = "sparse", .reads = {x.number}, .writes = {out.number, scratch}};
  if (residual != nullptr) {
    task.reads.push_back(residual->number);
  }
  task.weight_bytes = layer.weight->compressed()->bytes();
  const bool added = residual != nullptr;
  task.bind = [=, from = x.number, to = out.number, other = added ? residual->number : 0,
               in_stride = x.place.planes().stride,
               out_stride = out.place.planes().stride](const PlaceAddress& address) -> Runner {
    const sparse::PlanesInput in{address(from), in_stride};
    const sparse::PlanesInput summand{added ? address(other) : nullptr, out_stride};
    return [=, out_address = address(to), scratch_address = address(scratch)] {
      convolution->run(in, out_address, out_stride, summand, scratch_address);
    };
  };
  return task;
}

Task affine(const Step& step, const NumberedPlace& x, const NumberedPlace& out) {
  const auto& layer = std::get<AffineLayer>(step.layer);
  const Place place = x.place;
  const Activation act = step.activation;
  if (place.layout == Layout::kPlanes) {
    return one_to_one(step.name, "elementwise", x, out, [place, act, layer](const float* from, float* to) {
      const Planes planes = place.planes();
      for_channels(layer.factors.size(), planes.positions(), [&](std::size_t c) {
        plane_kernels().affine(from + c * planes.stride, layer.factors[c], layer.terms[c], act, to + c * planes.stride,
                               planes.positions());
      });
    });
  }
  const std::vector<float> factors = filled_up(layer.factors, place);
  const std::vector<float> terms = filled_up(layer.terms, place);
  return one_to_one(step.name, "elementwise", x, out, [place, act, factors, terms](const float* from, float* to) {
    const auto lanes = static_cast<std::size_t>(channel_block());
    for_blocks(place, [&](std::size_t, std::size_t block, std::size_t offset) {
      plane_kernels().affine_block(from + offset, &factors[block * lanes], &terms[block * lanes], lanes, act,
                                   to + offset, place.pixels());
    });
  });
}

Task activation(const Step& step, const NumberedPlace& x, const NumberedPlace& out) {
  return one_to_one(step.name, "elementwise", x, out,
                    [act = step.activation, count = x.place.floats()](const float* from, float* to) {
                      for_chunks(count, [&](std::size_t begin, std::size_t size) {
                        plane_kernels().affine(from + begin, 1, 0, act, to + begin, size);
                      });
                    });
}

Task add(const Step& step, const NumberedPlace& a, const NumberedPlace& b, const NumberedPlace& out) {
  return two_to_one(step.name, a, b, out,
                    [act = step.activation, count = a.place.floats()](const float* x, const float* y, float* to) {
                      for_chunks(count, [&](std::size_t begin, std::size_t size) {
                        plane_kernels().add(x + begin, y + begin, act, to + begin, size);
                      });
                    });
}

Task multiply(const Step& step, const NumberedPlace& a, const NumberedPlace& b, const NumberedPlace& out) {
  const Activation act = step.activation;
  const Place place = a.place;
  if (b.place.layout == place.layout) {
    return two_to_one(step.name, a, b, out, [act, count = place.floats()](const float* x, const float* y, float* to) {
      for_chunks(count, [&](std::size_t begin, std::size_t size) {
        plane_kernels().multiply(x + begin, y + begin, act, to + begin, size);
      });
    });
  }
  const auto channels = static_cast<std::size_t>(place.channels);
  if (place.layout == Layout::kPlanes) {
    return two_to_one(step.name, a, b, out, [=](const float* x, const float* gates, float* to) {
      const Planes planes = place.planes();
      for_image_planes(place, [&](std::size_t image, std::size_t channel) {
        const std::size_t offset = channel * planes.stride + image * planes.pixels();
        plane_kernels().affine(x + offset, gates[image * channels + channel], 0, act, to + offset, planes.pixels());
      });
    });
  }
  return two_to_one(step.name, a, b, out, [=](const float* x, const float* gates, float* to) {
    const auto lanes = static_cast<std::size_t>(channel_block());
    for_blocks(place, [&](std::size_t image, std::size_t block, std::size_t offset) {
      std::array<float, 16> factors{};
      const std::array<float, 16> terms{};
      std::copy_n(gates + image * channels + block * lanes, std::min(lanes, channels - block * lanes), factors.begin());
      plane_kernels().affine_block(x + offset, factors.data(), terms.data(), lanes, act, to + offset, place.pixels());
    });
  });
}

Task global_average(const Step& step, const NumberedPlace& x, const NumberedPlace& out) {
  const Place place = x.place;
  const auto channels = static_cast<std::size_t>(place.channels);
  const auto pixels = static_cast<float>(place.pixels());
  if (place.layout == Layout::kPlanes) {
    return one_to_one(step.name, "pool", x, out, [=](const float* from, float* to) {
      const Planes planes = place.planes();
      for_image_planes(place, [&](std::size_t image, std::size_t channel) {
        const float* const values = from + channel * planes.stride + image * planes.pixels();
        to[image * channels + channel] = plane_kernels().sum(values, planes.pixels()) / pixels;
      });
    });
  }
  return one_to_one(step.name, "pool", x, out, [=](const float* from, float* to) {
    const auto lanes = static_cast<std::size_t>(channel_block());
    for_blocks(place, [&](std::size_t image, std::size_t block, std::size_t offset) {
      std::array<float, 16> sums{};
      plane_kernels().sum_block(from + offset, lanes, place.pixels(), sums.data());
      for (std::size_t lane = 0; lane < std::min(lanes, channels - block * lanes); ++lane) {
        to[image * channels + block * lanes + lane] = sums[lane] / pixels;
      }
    });
  });
}

Task plane_pool(const Step& step, const NumberedPlace& x, const NumberedPlace& out) {
  const PlanePool pool(window_of(step.layer), x.place, out.place);
  return one_to_one(step.name, "pool", x, out, [=, in = x.place, to_place = out.place](const float* from, float* to) {
    for_image_planes(in, [&](std::size_t image, std::size_t channel) {
      pool.run(from + channel * in.planes().stride + image * in.pixels(),
               to + channel * to_place.planes().stride + image * to_place.pixels());
    });
  });
}

Task plane_pad(const Step& step, const NumberedPlace& x, const NumberedPlace& out) {
  const Pad pad = std::get<Pad>(step.layer);
  return one_to_one(step.name, "layout", x, out, [=, in = x.place, to_place = out.place](const float* from, float* to) {
    for_image_planes(in, [&](std::size_t image, std::size_t channel) {
      float* const plane = to + channel * to_place.planes().stride + image * to_place.pixels();
      std::fill_n(plane, to_place.pixels(), pad.value);
      for (std::int64_t y = 0; y < in.height; ++y) {
        std::copy_n(from + channel * in.planes().stride + image * in.pixels() + static_cast<std::size_t>(y * in.width),
                    in.width, plane + (y + pad.pads[0]) * to_place.width + pad.pads[1]);
      }
    });
  });
}

Task plane_flatten(const Step& step, const NumberedPlace& x, const NumberedPlace& out) {
  return one_to_one(step.name, "layout", x, out, [in = x.place](const float* from, float* to) {
    for_image_planes(in, [&](std::size_t image, std::size_t channel) {
      std::copy_n(from + channel * in.planes().stride + image * in.pixels(), in.pixels(),
                  to + (image * static_cast<std::size_t>(in.channels) + channel) * in.pixels());
    });
  });
}

Task copy_channels(const Step& step, const NumberedPlace& x, const NumberedPlace& out, std::int64_t first_channel) {
  if (x.place.layout == Layout::kPlanes) {
    const std::size_t offset = static_cast<std::size_t>(first_channel) * out.place.planes().stride;
    return one_to_one(step.name, "layout", x, out, [=, count = x.place.floats()](const float* from, float* to) {
      for_chunks(count,
                 [&](std::size_t begin, std::size_t size) { std::copy_n(from + begin, size, to + offset + begin); });
    });
  }
  NIWAKI_CHECK(first_channel % channel_block() == 0, "a copy to channel {}", first_channel);
  return one_to_one(step.name, "layout", x, out, [=, in = x.place, whole = out.place](const float* from, float* to) {
    const std::size_t size = in.pixels() * static_cast<std::size_t>(channel_block());
    for_blocks(in, [&](std::size_t image, std::size_t block, std::size_t offset) {
      const auto first = static_cast<std::size_t>(first_channel / channel_block());
      const std::size_t at = image * static_cast<std::size_t>(whole.blocks()) + first + block;
      std::copy_n(from + offset, size, to + at * size);
    });
  });
}

Task copy(const NumberedPlace& x, const NumberedPlace& out) {
  return one_to_one("copy", "layout", x, out, [count = x.place.floats()](const float* from, float* to) {
    for_chunks(count, [&](std::size_t begin, std::size_t size) { std::copy_n(from + begin, size, to + begin); });
  });
}

}  // namespace niwaki
