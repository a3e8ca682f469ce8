#include "niwaki/engine/sparse_kernel.hpp"

#include <algorithm>
#include <utility>

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

namespace niwaki::sparse::NIWAKI_KERNEL {
namespace {

// A Line is one unit (16 floats) in registers. Rounding differs between instruction sets only where a fused
// multiply-add rounds once.
#if defined(__AVX512F__)

struct Line {
  __m512 v;
};
inline Line load(const float* at) {
  return {_mm512_loadu_ps(at)};
}
inline void store(float* at, Line line) {
  _mm512_storeu_ps(at, line.v);
}
inline Line spread(float value) {
  return {_mm512_set1_ps(value)};
}
inline Line multiply_add(Line a, Line b, Line sum) {
  return {_mm512_fmadd_ps(a.v, b.v, sum.v)};
}
inline Line add(Line a, Line b) {
  return {_mm512_add_ps(a.v, b.v)};
}
// Of two values of which one is NaN, the processor gives the second.
inline Line bounded(Line line, Line low, Line high) {
  return {_mm512_min_ps(high.v, _mm512_max_ps(low.v, line.v))};
}
inline Line load_masked(const float* at, std::uint16_t mask) {
  return {_mm512_maskz_loadu_ps(mask, at)};
}

#elif defined(__AVX2__)

struct Line {
  __m256 v[2];
};
inline Line load(const float* at) {
  return {{_mm256_loadu_ps(at), _mm256_loadu_ps(at + 8)}};
}
inline void store(float* at, Line line) {
  _mm256_storeu_ps(at, line.v[0]);
  _mm256_storeu_ps(at + 8, line.v[1]);
}
inline Line spread(float value) {
  const __m256 v = _mm256_set1_ps(value);
  return {{v, v}};
}
inline Line multiply_add(Line a, Line b, Line sum) {
  return {{_mm256_fmadd_ps(a.v[0], b.v[0], sum.v[0]), _mm256_fmadd_ps(a.v[1], b.v[1], sum.v[1])}};
}
inline Line add(Line a, Line b) {
  return {{_mm256_add_ps(a.v[0], b.v[0]), _mm256_add_ps(a.v[1], b.v[1])}};
}
inline __m256 bounded(__m256 v, __m256 low, __m256 high) {
  return _mm256_min_ps(high, _mm256_max_ps(low, v));
}
inline Line bounded(Line line, Line low, Line high) {
  return {{bounded(line.v[0], low.v[0], high.v[0]), bounded(line.v[1], low.v[1], high.v[1])}};
}
inline __m256 load_masked_half(const float* at, unsigned mask) {
  const __m256i bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  const __m256i lanes = _mm256_and_si256(_mm256_set1_epi32(static_cast<int>(mask)), bits);
  return _mm256_maskload_ps(at, _mm256_cmpeq_epi32(lanes, bits));
}
inline Line load_masked(const float* at, std::uint16_t mask) {
  return {{load_masked_half(at, mask & 0xFFU), load_masked_half(at + 8, mask >> 8U)}};
}

#else

struct Line {
  float v[kUnit];
};
inline Line load(const float* at) {
  Line line;
  std::copy_n(at, kUnit, line.v);
  return line;
}
inline void store(float* at, const Line& line) {
  std::copy_n(line.v, kUnit, at);
}
inline Line spread(float value) {
  Line line;
  std::fill_n(line.v, kUnit, value);
  return line;
}
inline Line multiply_add(const Line& a, const Line& b, Line sum) {
  for (std::size_t i = 0; i < kUnit; ++i) {
    sum.v[i] += a.v[i] * b.v[i];
  }
  return sum;
}
inline Line add(Line a, const Line& b) {
  for (std::size_t i = 0; i < kUnit; ++i) {
    a.v[i] += b.v[i];
  }
  return a;
}
inline Line bounded(Line line, const Line& low, const Line& high) {
  for (std::size_t i = 0; i < kUnit; ++i) {
    line.v[i] = line.v[i] < low.v[i] ? low.v[i] : line.v[i];
    line.v[i] = line.v[i] > high.v[i] ? high.v[i] : line.v[i];
  }
  return line;
}
inline Line load_masked(const float* at, std::uint16_t mask) {
  Line line;
  for (std::size_t i = 0; i < kUnit; ++i) {
    line.v[i] = (mask >> i & 1U) != 0 ? at[i] : 0.0F;
  }
  return line;
}

#endif

/// Into the second-level cache: the first is the input's. Planes lie so far apart that no processor foresees it.
template <std::size_t Units>
inline void fetch_ahead(const float* at) {
#pragma GCC unroll 8
  for (std::size_t u = 0; u < Units; ++u) {
    __builtin_prefetch(at + u * kUnit, 0, 2);
  }
}

/// One output row's tile stays in registers while its nonzeros pass by: the weight is spread over a register, and the
/// input row is read where it lies.
template <std::size_t Units>
void run_rows(const RowWork& work) {
  const float* value = work.values;
  const std::uint8_t* index = work.indices;
  for (std::size_t i = 0; i < work.row_count; ++i) {
    const std::size_t row = work.rows[i];
    float* const out = work.out + row * work.out_stride;
    Line sums[Units];
    const Line bias = spread(work.bias[row]);
#pragma GCC unroll 8
    for (std::size_t u = 0; u < Units; ++u) {
      sums[u] = work.first ? bias : load(out + u * kUnit);
    }
    const float* const end = value + work.counts[i];
    for (; value != end; ++value, ++index) {
      const Line weight = spread(*value);
      const float* const x = work.x + *index * work.x_stride;
#pragma GCC unroll 8
      for (std::size_t u = 0; u < Units; ++u) {
        sums[u] = multiply_add(weight, load(x + u * kUnit), sums[u]);
      }
    }
    if (work.next != 0 && work.last) {
      fetch_ahead<Units>(out + work.next);
      if (work.residual != nullptr) {
        fetch_ahead<Units>(work.residual + row * work.residual_stride + work.next);
      }
    }
    if (work.last) {
      const Line low = spread(work.bounds.low);
      const Line high = spread(work.bounds.high);
      if (work.residual != nullptr) {
        const float* const residual = work.residual + row * work.residual_stride;
#pragma GCC unroll 8
        for (std::size_t u = 0; u < Units; ++u) {
          sums[u] = add(sums[u], load(residual + u * kUnit));
        }
      }
#pragma GCC unroll 8
      for (std::size_t u = 0; u < Units; ++u) {
        sums[u] = bounded(sums[u], low, high);
      }
    }
#pragma GCC unroll 8
    for (std::size_t u = 0; u < Units; ++u) {
      store(out + u * kUnit, sums[u]);
    }
  }
}

void pack_in_place(const PackWork& work) {
  float* out = work.out;
  for (std::size_t i = 0; i < work.row_count; ++i) {
    const PackedRow& row = work.rows[i];
    const float* const from = work.planes + row.plane * work.plane_stride + row.shift;
    const std::uint16_t* const masks = work.masks + row.mask * work.mask_stride;
    for (std::size_t u = work.first_unit; u < work.first_unit + work.units; ++u, out += kUnit) {
      store(out, load_masked(from + u * kUnit, masks[u]));
    }
  }
}

void pack_from_bases(const PackWork& work) {
  float* out = work.out;
  for (std::size_t i = 0; i < work.row_count; ++i) {
    const PackedRow& row = work.rows[i];
    const float* const from = work.planes + row.plane * work.plane_stride;
    const std::uint16_t* const masks = work.masks + row.mask * work.mask_stride;
    for (std::size_t u = work.first_unit; u < work.first_unit + work.units; ++u) {
      const std::int32_t* const bases = work.bases + u * kUnit;
      for (std::size_t lane = 0; lane < kUnit; ++lane) {
        *out++ = (masks[u] >> lane & 1U) != 0 ? from[bases[lane] + row.shift] : 0.0F;
      }
    }
  }
}

void pack(const PackWork& work) {
  if (work.bases == nullptr) {
    pack_in_place(work);
  } else {
    pack_from_bases(work);
  }
}

float multiply_add_only(std::size_t rounds) {
  Line sums[kIndependentSums];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kIndependentSums; ++i) {
    sums[i] = spread(static_cast<float>(i));
  }
  const Line factor = spread(0.5F);
  for (std::size_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 16
    for (Line& sum : sums) {
      sum = multiply_add(sum, factor, factor);
    }
  }
  for (std::size_t i = 1; i < kIndependentSums; ++i) {
    sums[0] = add(sums[0], sums[i]);
  }
  float values[kUnit];
  store(values, sums[0]);
  return values[0];
}

template <std::size_t... Units>
constexpr std::array<RowFunction, kMostUnits + 1> row_functions(std::index_sequence<Units...>) {
  return {nullptr, run_rows<Units + 1>...};
}

#if defined(__AVX512F__) || defined(__AVX2__)
constexpr std::size_t kBestUnits = 4;
#else
constexpr std::size_t kBestUnits = 2;
#endif

}  // namespace

const Kernels kKernels = {row_functions(std::make_index_sequence<kMostUnits>()), pack, multiply_add_only, kBestUnits};

}  // namespace niwaki::sparse::NIWAKI_KERNEL
