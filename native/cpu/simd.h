// A register of float32 lanes and the few operations that dense layers, the spanning tree and Adam need, for each
// instruction set. Addresses need no alignment. Comparisons are ordered: if one side is a NaN, they are false. A mask
// is an integer; bit l stands for lane l.
#pragma once

#include <cstdint>
#include <utility>

#include "isa.h"

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

namespace gputae::GPUTAE_NAMESPACE {

#if defined(__AVX512F__)

constexpr int kWidth = 16;
struct Lanes {
  __m512 v;
};
using Mask = uint32_t;
static inline Lanes load(const float* p) { return {_mm512_loadu_ps(p)}; }
static inline Lanes load_where(Mask m, const float* p) { return {_mm512_maskz_loadu_ps(static_cast<__mmask16>(m), p)}; }
static inline Lanes broadcast(float x) { return {_mm512_set1_ps(x)}; }
static inline Lanes operator+(Lanes a, Lanes b) { return {_mm512_add_ps(a.v, b.v)}; }
static inline Lanes operator-(Lanes a, Lanes b) { return {_mm512_sub_ps(a.v, b.v)}; }
static inline Lanes operator*(Lanes a, Lanes b) { return {_mm512_mul_ps(a.v, b.v)}; }
static inline Lanes fused(Lanes a, Lanes b, Lanes c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
static inline Lanes root(Lanes a) { return {_mm512_sqrt_ps(a.v)}; }
static inline Lanes zero_below(Lanes a, float least) {
  return {_mm512_mask_mov_ps(a.v, _mm512_cmp_ps_mask(_mm512_abs_ps(a.v), _mm512_set1_ps(least), _CMP_LT_OQ),
                             _mm512_setzero_ps())};
}
// a / b within 2 units in the last place, for b that are normal numbers or infinite. The estimate of 1 / b (14 bits) is
// improved by one step of Newton's method. A division would take 16 cycles, in which the unit for square roots is
// blocked too. If b is infinite, the estimate is 0 already. The step would make it NaN, so it is left out.
static inline Lanes quotient(Lanes a, Lanes b) {
  const __m512 y = _mm512_rcp14_ps(b.v);
  const __mmask16 finite = _mm512_cmp_ps_mask(b.v, _mm512_set1_ps(__builtin_inff()), _CMP_NEQ_UQ);
  return {_mm512_mul_ps(a.v, _mm512_fmadd_ps(y, _mm512_maskz_fnmadd_ps(finite, b.v, y, _mm512_set1_ps(1)), y))};
}
// If a or b is NaN in a lane, the result has the lane of b.
static inline Lanes minimum(Lanes a, Lanes b) { return {_mm512_min_ps(a.v, b.v)}; }
static inline Mask less(Lanes a, Lanes b) { return _mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ); }
static inline Mask equal(Lanes a, Lanes b) { return _mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ); }
static inline void store(float* p, Lanes a) { _mm512_storeu_ps(p, a.v); }
static inline void store_where(Mask m, float* p, Lanes a) { _mm512_mask_storeu_ps(p, static_cast<__mmask16>(m), a.v); }
static inline void store_where(Mask m, uint32_t* p, uint32_t x) {
  _mm512_mask_storeu_epi32(p, static_cast<__mmask16>(m), _mm512_set1_epi32(static_cast<int>(x)));
}
static inline float minimum_lane(Lanes a) { return _mm512_reduce_min_ps(a.v); }

#elif defined(__AVX2__)

constexpr int kWidth = 8;
struct Lanes {
  __m256 v;
};
using Mask = uint32_t;
static inline __m256i spread(Mask m) {
  const __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  return _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(static_cast<int>(m)), bit), bit);
}
static inline Lanes load(const float* p) { return {_mm256_loadu_ps(p)}; }
static inline Lanes load_where(Mask m, const float* p) { return {_mm256_maskload_ps(p, spread(m))}; }
static inline Lanes broadcast(float x) { return {_mm256_set1_ps(x)}; }
static inline Lanes operator+(Lanes a, Lanes b) { return {_mm256_add_ps(a.v, b.v)}; }
static inline Lanes operator-(Lanes a, Lanes b) { return {_mm256_sub_ps(a.v, b.v)}; }
static inline Lanes operator*(Lanes a, Lanes b) { return {_mm256_mul_ps(a.v, b.v)}; }
static inline Lanes fused(Lanes a, Lanes b, Lanes c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
static inline Lanes root(Lanes a) { return {_mm256_sqrt_ps(a.v)}; }
static inline Lanes zero_below(Lanes a, float least) {
  const __m256 size = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v);
  return {_mm256_andnot_ps(_mm256_cmp_ps(size, _mm256_set1_ps(least), _CMP_LT_OQ), a.v)};
}
static inline Lanes quotient(Lanes a, Lanes b) { return {_mm256_div_ps(a.v, b.v)}; }
static inline Lanes minimum(Lanes a, Lanes b) { return {_mm256_min_ps(a.v, b.v)}; }
static inline Mask less(Lanes a, Lanes b) {
  return static_cast<Mask>(_mm256_movemask_ps(_mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ)));
}
static inline Mask equal(Lanes a, Lanes b) {
  return static_cast<Mask>(_mm256_movemask_ps(_mm256_cmp_ps(a.v, b.v, _CMP_EQ_OQ)));
}
static inline void store(float* p, Lanes a) { _mm256_storeu_ps(p, a.v); }
static inline void store_where(Mask m, float* p, Lanes a) { _mm256_maskstore_ps(p, spread(m), a.v); }
static inline void store_where(Mask m, uint32_t* p, uint32_t x) {
  _mm256_maskstore_epi32(reinterpret_cast<int*>(p), spread(m), _mm256_set1_epi32(static_cast<int>(x)));
}
static inline float minimum_lane(Lanes a) {
  __m128 m = _mm_min_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  m = _mm_min_ps(m, _mm_movehl_ps(m, m));
  m = _mm_min_ss(m, _mm_shuffle_ps(m, m, 1));
  return _mm_cvtss_f32(m);
}

#else

// Four lanes in a vector of g++, which is an SSE register. Without FMA in hardware, fmaf is a library call, which is
// exact and slow.
constexpr int kWidth = 4;
using Vector __attribute__((vector_size(16))) = float;
struct Lanes {
  Vector v;
};
using Mask = uint32_t;
static inline Lanes load(const float* p) {
  Lanes r;
  __builtin_memcpy(&r.v, p, sizeof r.v);
  return r;
}
static inline Lanes load_where(Mask m, const float* p) {
  Lanes r = {};
  for (int l = 0; l < kWidth; l++) {
    if (m >> l & 1) r.v[l] = p[l];
  }
  return r;
}
static inline Lanes broadcast(float x) { return {Vector{x, x, x, x}}; }
static inline Lanes operator+(Lanes a, Lanes b) { return {a.v + b.v}; }
static inline Lanes operator-(Lanes a, Lanes b) { return {a.v - b.v}; }
static inline Lanes operator*(Lanes a, Lanes b) { return {a.v * b.v}; }
static inline Lanes root(Lanes a) {
  for (int l = 0; l < kWidth; l++) a.v[l] = __builtin_sqrtf(a.v[l]);
  return a;
}
static inline Lanes zero_below(Lanes a, float least) {
  for (int l = 0; l < kWidth; l++) a.v[l] = __builtin_fabsf(a.v[l]) < least ? 0 : a.v[l];
  return a;
}
static inline Lanes quotient(Lanes a, Lanes b) { return {a.v / b.v}; }
static inline Lanes fused(Lanes a, Lanes b, Lanes c) {
  for (int l = 0; l < kWidth; l++) c.v[l] = __builtin_fmaf(a.v[l], b.v[l], c.v[l]);
  return c;
}
static inline Lanes minimum(Lanes a, Lanes b) { return {a.v < b.v ? a.v : b.v}; }
static inline Mask less(Lanes a, Lanes b) {
  Mask m = 0;
  for (int l = 0; l < kWidth; l++) m |= static_cast<Mask>(a.v[l] < b.v[l]) << l;
  return m;
}
static inline Mask equal(Lanes a, Lanes b) {
  Mask m = 0;
  for (int l = 0; l < kWidth; l++) m |= static_cast<Mask>(a.v[l] == b.v[l]) << l;
  return m;
}
static inline void store(float* p, Lanes a) { __builtin_memcpy(p, &a.v, sizeof a.v); }
static inline void store_where(Mask m, float* p, Lanes a) {
  for (int l = 0; l < kWidth; l++) {
    if (m >> l & 1) p[l] = a.v[l];
  }
}
static inline void store_where(Mask m, uint32_t* p, uint32_t x) {
  for (int l = 0; l < kWidth; l++) {
    if (m >> l & 1) p[l] = x;
  }
}
static inline float minimum_lane(Lanes a) {
  float m = a.v[0];
  for (int l = 1; l < kWidth; l++) m = a.v[l] < m ? a.v[l] : m;
  return m;
}

#endif

// The mask of the first `count` lanes, or of all lanes if there are fewer.
static inline Mask first_lanes(int64_t count) {
  return count >= kWidth ? (Mask{1} << kWidth) - 1 : (Mask{1} << count) - 1;
}

// The lanes with these numbers; those of b follow those of a.
template <int... kFrom>
static inline Lanes picked(Lanes a, Lanes b) {
#ifdef __clang__
  return {__builtin_shufflevector(a.v, b.v, kFrom...)};
#else  // g++ 11 does not know the function above.
  using Places __attribute__((vector_size(sizeof(Lanes)))) = int32_t;
  return {__builtin_shuffle(a.v, b.v, Places{kFrom...})};
#endif
}

// One step of a transposition: the lanes of the upper row with bit kBit in their number, and those of the lower row
// without it, change places.
template <int kBit, int... kLane>
static inline void exchange(Lanes& upper, Lanes& lower, std::integer_sequence<int, kLane...>) {
  const Lanes u = upper, l = lower;
  upper = picked<((kLane & kBit) == 0 ? kLane : kWidth + kLane - kBit)...>(u, l);
  lower = picked<((kLane & kBit) == 0 ? kLane + kBit : kWidth + kLane)...>(u, l);
}

// rows (kWidth, kWidth) becomes its transpose.
template <int kBit = kWidth / 2>
static inline void transpose(Lanes (&rows)[kWidth]) {
#pragma GCC unroll 16
  for (int i = 0; i < kWidth; i++) {
    if ((i & kBit) == 0) exchange<kBit>(rows[i], rows[i + kBit], std::make_integer_sequence<int, kWidth>());
  }
  if constexpr (kBit > 1) transpose<kBit / 2>(rows);
}

// a * b + c for results that need not be exact, like the function for single numbers.
static inline Lanes multiply_add(Lanes a, Lanes b, Lanes c) {
#ifdef __FMA__
  return fused(a, b, c);
#else
  return a * b + c;
#endif
}

}  // namespace gputae::GPUTAE_NAMESPACE
